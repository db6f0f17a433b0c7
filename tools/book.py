"""`make book`: the chapters as a website, from the outputs that are committed. Nothing is executed and nothing is fetched.

Sphinx wants all pages in one folder. `assemble` lays them out in `_docs/source`: the notebooks of `nbs/` without nbdev's directives, the front page of
`docs/` with a card for each chapter, the tables of `results/`, and a page for each module. Then Sphinx builds `_docs/html`; a warning or a broken link is an error.
"""
import base64
import csv
import io
import json
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NBS, OUT = ROOT / 'nbs', ROOT / '_docs'
PARTS = (('I. A detector from nothing', 1, 8), ('II. Sparse', 9, 14), ('III. Data', 15, 18), ('IV. Training', 19, 24), ('V. EntityMoE', 25, 27), ('VI. Use', 28, 99))
DIRECTIVE = re.compile(r'^#\|.*\n?', re.M)
SHOWN_ROWS = 40   # of a table; the file has all


def github() -> str:
    "Where the files that are no pages of the book can be seen."
    ini = ConfigParser(delimiters=['='], interpolation=None)
    ini.read(ROOT / 'settings.ini', encoding='utf-8')
    return f"https://github.com/{ini['DEFAULT']['user']}/{ini['DEFAULT']['repo']}/blob/{ini['DEFAULT']['branch']}"


def pages() -> list[Path]:
    "The notebooks that become pages: chapters, appendix, experiments. Checks prove, they are not read."
    return [p for d in (NBS, NBS / 'appendix', NBS / 'experiments') for p in sorted(d.glob('*.ipynb')) if p.name != 'index_zh.ipynb']


def links(text: str, page: Path) -> str:
    "Links of `page` that lead to files outside the book, or to checks, lead to GitHub; the index is the overview."
    known = {p.resolve() for p in pages()} | {(NBS / 'glossary.md').resolve()}
    def put(m):
        target, _, anchor = m[2].partition('#')
        if not target or re.match(r'\w+:', target): return m[0]
        path = (page.parent / target).resolve()
        if path == (NBS / 'index.ipynb').resolve(): return f"{m[1]}({target.replace('index.ipynb', 'overview.ipynb')}{'#' + anchor if anchor else ''})"
        if path == (NBS / 'index_zh.ipynb').resolve(): return f'{m[1]}(zh.md)'
        if path == ROOT / 'RESULTS.md': return f"{m[1]}({'../' * len(page.relative_to(NBS).parent.parts)}results.md)"
        if path in known or path.is_relative_to(NBS / 'images'): return m[0]
        if not path.exists(): return m[0]   # broken: Sphinx says so
        return f'{m[1]}({github()}/{path.relative_to(ROOT).as_posix()})'
    return re.sub(r'(\])\(([^)\s]+)\)', put, text)


def apart(text: str) -> str:
    "A displayed formula is a paragraph of its own for MyST; Jupyter does not ask for that."
    return re.sub(r'(?ms)^[ ]*\$\$(.+?)\$\$[ ]*', r'\n\n$$\1$$\n\n', text)


def notebook(page: Path) -> dict:
    "A notebook as a page: nbdev's directives gone, hidden cells removed, links mended."
    nb = json.loads(page.read_text(encoding='utf-8'))
    kept = []
    for c in nb['cells']:
        text = ''.join(c['source'])
        if c['cell_type'] == 'code':
            if re.search(r'^#\|\s*(hide|default_exp)\b', text, re.M) or not text.strip(): continue
            text = DIRECTIVE.sub('', text).strip('\n')
            c['outputs'] = [o for o in c['outputs'] if o.get('name') != 'stderr']   # progress bars and warnings of the machine that ran it
        else: text = links(apart(text), page)
        c['source'] = text.splitlines(True)
        kept.append(c)
    nb['cells'] = kept
    return nb


def title(page: Path) -> tuple[str, str]:
    "The heading of a page and its claim, the first line that starts with `>`."
    text = '\n'.join(''.join(c['source']) for c in json.loads(page.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'markdown')
    claim = re.search(r'^> (.+)$', text, re.M)
    return re.search(r'^# (.+)$', text, re.M)[1], links(claim[1], page) if claim else ''


def thumbnail(page: Path, folder: Path) -> str | None:
    "The page's most interesting figure, small: the largest one, for schematics are small files."
    from PIL import Image
    found = [d for c in json.loads(page.read_text(encoding='utf-8'))['cells'] for o in c.get('outputs', []) for t, d in o.get('data', {}).items() if t in ('image/png', 'image/jpeg')]
    if not found: return None
    data = base64.b64decode(''.join(max(found, key=len)))
    image = Image.open(io.BytesIO(data)).convert('RGB')
    white = sum(image.convert('L').histogram()[250:]) / (image.width * image.height)
    # of a row of pictures the first ones; a diagram, mostly white, is shown whole, for half a diagram says nothing
    if image.width > 2.2 * image.height and white < .5: image = image.crop((0, 0, int(2.2 * image.height), image.height))
    image.thumbnail((480, 240))
    image.save(folder / f'{page.stem}.jpg', quality=80)
    return f'thumbs/{page.stem}.jpg'


def toctree(caption: str, names: list[str]) -> str: return f'```{{toctree}}\n:hidden:\n:caption: {caption}\n\n' + '\n'.join(names) + '\n```\n'


def front(source: Path) -> str:
    "The front page: for each part its cards and its place in the table of contents."
    (source / 'thumbs').mkdir()
    out, chapters = [], [(int(m[1]), p) for p in pages() if p.parent == NBS and (m := re.match(r'(\d+)', p.stem))]
    for name, first, last in PARTS:
        part = [p for n, p in chapters if first <= n <= last]
        if not part: continue
        out += [f'## {name}\n', '::::{grid} 1 2 2 3\n:gutter: 2\n']
        for p in part:
            head, claim = title(p)
            picture = thumbnail(p, source / 'thumbs')
            out.append(f':::{{grid-item-card}} {p.stem.split("_")[0]} {head}\n:link: {p.stem}\n:link-type: doc\n' + (f':img-top: {picture}\n' if picture else '')
                       + '\n' + re.sub(r'\[(.+?)\]\([^)]*\)', r'\1', claim) + '\n:::')   # a card is a link: no link within
        out += ['::::\n', toctree(name, [f'{p.stem.split("_")[0]} {title(p)[0]} <{p.stem}>' for p in part])]
    out.append(toctree('Appendix', [f'appendix/{p.stem}' for p in pages() if p.parent.name == 'appendix'] + [f'experiments/{p.stem}' for p in pages() if p.parent.name == 'experiments']))
    return (ROOT / 'docs/index.md').read_text(encoding='utf-8').replace('{PARTS}', '\n'.join(out))


def results() -> str:
    "The tables of `results/`, numbers as they were written."
    out = [(ROOT / 'docs/results.md').read_text(encoding='utf-8')]
    for p in sorted((ROOT / 'results').glob('*.csv')):
        lines = p.read_text(encoding='utf-8').splitlines()
        said = [line.lstrip('# ').strip() for line in lines if line.startswith('#')]   # provenance, as comments above the table
        head, *rows = [r for r in csv.reader(line for line in lines if not line.startswith('#')) if r]
        same = {h: rows[0][i] for i, h in enumerate(head) if len(rows) > 2 and len({r[i] if i < len(r) else '' for r in rows}) == 1}   # said once, above
        columns = [i for i, h in enumerate(head) if h not in same]
        cell = lambda r, i: (r[i] if i < len(r) else '').replace('|', '\\|').replace('\n', ' ').replace('<', '&lt;')
        out += [f'## {p.stem.replace("_", " ")}\n', f'File: [results/{p.name}]({github()}/results/{p.name}), {len(rows)} rows.' + (f" Measured with: {'; '.join(said)}." if said else '') + (' In all rows: ' + ', '.join(f'{k} `{v}`' for k, v in same.items() if v) + '.' if any(same.values()) else '') + '\n',
                '| ' + ' | '.join(head[i] for i in columns) + ' |', '|' + ' --- |' * len(columns), *('| ' + ' | '.join(cell(r, i) for i in columns) + ' |' for r in rows[:SHOWN_ROWS]), '']
        if len(rows) > SHOWN_ROWS: out.append(f'The first {SHOWN_ROWS} rows; the file has all.\n')
    return '\n'.join(out)


def api(folder: Path) -> None:
    "A page for each module; old names that only point elsewhere have none."
    folder.mkdir()
    modules = sorted('.'.join(p.relative_to(ROOT).with_suffix('').parts) for p in (ROOT / 'dset').rglob('[!_]*.py')
                     if re.search(r'^(def|class|@)', p.read_text(encoding='utf-8'), re.M))   # not those that only point elsewhere
    for m in modules:
        (folder / f'{m}.md').write_text(f'# {m}\n\n```{{eval-rst}}\n.. automodule:: {m}\n   :members:\n```\n', encoding='utf-8')
    (folder / 'index.md').write_text('# API\n\n> All public classes and functions, from their docstrings: one line, then shapes, units and errors.\n\n```{toctree}\n:maxdepth: 1\n\n' + '\n'.join(modules) + '\n```\n', encoding='utf-8')


def chinese() -> str:
    "The Chinese front page: README.zh.md where there is one."
    readme = ROOT / 'README.zh.md'
    if not readme.exists(): return '# 中文\n\n本书目前只有英文版；中文说明（`README.zh.md`）尚未写成。请从[第一章](01_detr.ipynb)开始阅读，或查看[结果](results.md)。\n'
    text = readme.read_text(encoding='utf-8')
    known = {p.resolve() for p in pages()} | {(NBS / 'glossary.md').resolve()}
    def put(m):
        target, _, anchor = m[1].partition('#')
        if not target or re.match(r'\w+:', target): return m[0]
        path = ROOT / target
        if path.resolve() == (NBS / 'index.ipynb').resolve(): return '](overview.ipynb)'
        if target == 'RESULTS.md': return '](results.md)'
        if target == 'README.md': return '](overview.ipynb)'
        if path.resolve() in known: return f"]({path.relative_to(NBS).as_posix()}{'#' + anchor if anchor else ''})"
        if path.resolve().is_relative_to(NBS / 'images'): return f'](images/{path.name})'
        return f']({github()}/{target})'
    return re.sub(r'\]\(([^)\s]+)\)', put, text)


def assemble(source: Path) -> None:
    "All pages in one folder."
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for p in pages():
        to = source / p.relative_to(NBS)
        if p == NBS / 'index.ipynb': to = source / 'overview.ipynb'
        to.parent.mkdir(exist_ok=True)
        to.write_text(json.dumps(notebook(p)), encoding='utf-8')
    shutil.copytree(NBS / 'images', source / 'images')
    (source / 'glossary.md').write_text(links((NBS / 'glossary.md').read_text(encoding='utf-8'), NBS / 'glossary.md'), encoding='utf-8')
    (source / 'results.md').write_text(results(), encoding='utf-8')
    (source / 'zh.md').write_text(chinese(), encoding='utf-8')
    api(source / 'api')
    (source / 'index.md').write_text(front(source), encoding='utf-8')


def build(out: Path = OUT, strict: bool = True) -> tuple[int, str]:
    "Assemble and build into `out`/html: Sphinx's exit status and what it said. `strict`: a warning is an error."
    assemble(out / 'source')
    command = [sys.executable, '-m', 'sphinx', '-q', '-b', 'html', '-c', str(ROOT / 'docs'), *(['-W', '--keep-going'] if strict else []), '-d', str(out / 'trees'), str(out / 'source'), str(out / 'html')]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).replace(str(out / 'source') + '/', '')


if __name__ == '__main__':
    status, said = build()
    print(said)
    if not status: print(f'The book: {OUT / "html/index.html"}')
    sys.exit(status)
