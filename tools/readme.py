"""Render the front pages from their notebooks, and check that every number in them is what the tables in `results/` say today.

`python tools/readme.py` writes README.md, README.zh.md and RESULTS.md; links that are right beside the notebook become right at the root.
"""
import re
from collections import Counter
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[1]
PAGES = {'nbs/index.ipynb': 'README.md', 'nbs/index_zh.ipynb': 'README.zh.md'}


def render(notebook: str = 'nbs/index.ipynb') -> str:
    "The page as its notebook says it, outputs included, hidden cells and directives left out."
    nb = nbformat.read(ROOT / notebook, as_version=4)
    nb.cells = [c for c in nb.cells if '#| hide' not in c.source and '#| default_exp' not in c.source]
    for c in nb.cells:
        if c.cell_type == 'code': c.source = ''   # the page shows what a cell printed; how stands in the notebook
    text, _ = MarkdownExporter(exclude_input=True).from_notebook_node(nb)
    for page, target in PAGES.items(): text = text.replace(f']({Path(page).name})', f'](../{target})')
    text = re.sub(r'\]\((?!https?:|#|\.\./|mailto:)([^)]+)\)', r'](nbs/\1)', text).replace('](../', '](')
    return re.sub(r'\n{3,}', '\n\n', text).strip() + '\n'


def stale(notebook: str) -> list[str]:
    "Cells of a page that print something else when they read `results/` again."
    from nbclient import NotebookClient
    def shown(cell): return [o.get('data', {}).get('text/markdown') or o.get('text', '') for o in cell.get('outputs', [])]
    nb = nbformat.read(ROOT / notebook, as_version=4)
    before = [shown(c) for c in nb.cells]
    NotebookClient(nb, timeout=120, resources={'metadata': {'path': str((ROOT / notebook).parent)}}).execute()
    return [f'{notebook}: cell {i} prints something else than results/ says now; execute it and run make readme'
            for i, c in enumerate(nb.cells) if shown(c) != before[i]]


def numbers(text: str) -> Counter:
    "How often each number stands in a page, links and code left out."
    text = re.sub(r'```.*?```|\]\([^)]*\)|`[^`]*`', ' ', text, flags=re.S)
    return Counter(re.findall(r'\d+(?:\.\d+)?', text))


def disagreements() -> list[str]:
    "Numbers that only one of the two languages says."
    english, chinese = (numbers(render(p)) for p in ('nbs/index.ipynb', 'nbs/index_zh.ipynb'))
    return [f'README.md says {n} {english[n]} times, README.zh.md {chinese[n]} times' for n in sorted(english | chinese) if english[n] != chinese[n]]


def results() -> str:
    "RESULTS.md: the words of docs/results.md and every table of `results/`, as the book shows them."
    import book
    return book.results()


if __name__ == '__main__':
    (ROOT / 'RESULTS.md').write_text(results(), encoding='utf-8')
    for notebook, page in PAGES.items():
        (ROOT / page).write_text(render(notebook), encoding='utf-8')
        print(f'{page} written from {notebook}')
