"Render `nbs/index.ipynb` as `README.md`; links that are right beside the notebook become right at the root."
import re
from pathlib import Path

from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[1]


def render() -> str:
    "The README as the index notebook says it, outputs included, hidden cells and directives left out."
    import nbformat
    nb = nbformat.read(ROOT / 'nbs/index.ipynb', as_version=4)
    nb.cells = [c for c in nb.cells if '#| hide' not in c.source and '#| default_exp' not in c.source]
    for c in nb.cells:
        if c.cell_type == 'code': c.source = ''   # the README shows what a cell printed; how stands in the notebook
    text, _ = MarkdownExporter(exclude_input=True).from_notebook_node(nb)
    text = re.sub(r'\]\((?!https?:|#|\.\./|mailto:)([^)]+)\)', r'](nbs/\1)', text).replace('](../', '](')
    return re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'


if __name__ == '__main__':
    (ROOT / 'README.md').write_text(render(), encoding='utf-8')
    print('README.md written from nbs/index.ipynb')
