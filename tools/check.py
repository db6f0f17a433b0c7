"""Is the tree what its notebooks say? Nothing is changed: the checks run on a copy.

clean -> no diff, export -> no diff, README = rendered index, environment.yml = settings.ini, every papermill
notebook has its `parameters` cell, every committed chapter its outputs, no module without a notebook; imports go only downward, dense
chapters know nothing sparse, lessons keep their measure, and the book on the web builds. `python tools/check.py lessons floors` runs some.
"""
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from configparser import ConfigParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ('nbs', 'nbs/checks', 'nbs/appendix')   # lessons in reading order, what proves them, the stand-in data set
PAPERMILL = ('nbs/experiments', 'data_prep')   # folders whose notebooks take parameters
FLOORS = (   # from the ground up: a module imports only from floors below its own; a new module gets its place here
    'files',
    'schematics config coco_files optimisation weight_files transforms deformable_attention denoising losses routers figures '
    'standin.meshes',
    'grids stages hub encoder average_precision visualize detection_data standin.renderer',
    'evaluation inputs token_pruning backbones published decoder experts dair_v2x own_data resizing standin.scenes',
    'rtdetr tiles entity_moe standin.traffic',
    'teacher glance',
    'detector injection standin.dataset',
    'flops injected_models',
    'profiling reports',
    'checkpoint loading deploy upcycling',
    'weights comparison',
    'training onnx_export standin.toy',
    'onnx_files',
    'predict',
    'commands camera',
    'steady',
    'watch',
    'experiments')
LAZY = {   # imports inside a function that go up, with the reason
    ('encoder', 'detector'): 'the constructor of the requirement, HybridEncoder(use_token_pruning=...), fills the places that chapter 12 plugs into',
    ('profiling', 'deploy'): 'latency tables measure the deployed network',
    ('profiling', 'onnx_export'): 'latency tables measure the exported file',
    ('onnx_files', 'predict'): 'pictures for calibration are found and read as prediction finds and reads them'}
OLD = 'synthetic trainer export'.split()   # names that only point elsewhere; nothing of ours imports them
DENSE = 'backbones encoder deformable_attention losses decoder denoising rtdetr'.split()   # chapters 02 to 08 ...
SPARSE = 'token_pruning routers experts tiles teacher camera steady watch entity_moe injection injected_models'.split()         # ... import none of these
LIMITS = dict(cells=50, code=300, width=120, prose=4, kb=300)   # of a lesson: at most; `prose`: at least so many words for a line of code
PATCHES = 20   # uses of @patch in the library
EXCEPTIONS = {   # lesson: what it may have instead, a ceiling that only ever falls, and why
    '02_backbones': (dict(code=367, prose=2.9), "RT-DETR's own ResNet stands here in one piece, beside the wrapper of all others and the reading of their files"),
    '03_encoder': (dict(code=372, prose=3.3), 'four classes of one encoder, each in one piece, as the rule wants it'),
    '04_deformable_attention': (dict(code=309), 'three ways to sample are shown side by side, equal in value'),
    '05_losses': (dict(code=341), 'matching, four losses and their parity with two libraries belong to one argument'),
    '06_decoder': (dict(code=413, prose=2.3), "decoder layer, query selection and heads are one forward pass, compared with transformers'"),
    '08_rtdetr': (dict(code=323, prose=2.6), 'the whole detector in one class, and the translation of names that its parity needs'),
    '09_token_pruning': (dict(code=339), 'two pruners and three losses that are compared with each other'),
    '12_dset': (dict(code=326), 'the three sparse parts are composed in one constructor, as the requirement names it'),
    '13_tiles': (dict(code=636, prose=2.1), 'the execution by tiles has no library to lean on; its kinds of layer are a list'),
    '14_camera': (dict(cells=58, code=464), 'the stream and its memory are one program'),
    '15_dair_v2x': (dict(code=546, prose=2.5), 'a reader for four published layouts of one data set, whose splits must be found'),
    '16_own_data': (dict(code=362, prose=2.4), 'two file formats, each read with all of its fields'),
    '17_transforms': (dict(code=449, prose=3.3), "every transform is written once here and compared with torchvision's"),
    '18_evaluation': (dict(code=330), 'matching and accumulation are fed to two engines, which takes the arrays of both'),
    '19_config': (dict(code=492, prose=2.5), 'a list of all keys with their help: it is looked up, not read'),
    '20_training': (dict(code=514, prose=2.0), 'the trainer is one class in one piece, by the rule of the house'),
    '21_resuming': (dict(prose=2.6), 'the test with two processes carries its own program'),
    '22_visualize': (dict(code=312, prose=3.4), 'drawing code: an axis a line'),
    '23_profiling': (dict(code=380), 'a formula for each component stands beside the counter'),
    '24_weights': (dict(cells=60, code=491, prose=1.7), 'a translation of every name in published files'),
    '24b_upcycling': (dict(prose=2.2), 'the experiments of the lesson are code'),
    '25_entity_moe': (dict(code=303, prose=3.7), 'one branch for three layouts of tensors'),
    '26_injection': (dict(code=508, prose=2.5), 'eleven families of foreign models share one way in, training and out; its test runs over a model of each kind'),
    '26b_injected_models': (dict(code=382, prose=3.1), 'nine named models and four families with the signatures that the requirement gives them, beside the file'),
    '29_predict': (dict(code=377, prose=3.2), 'a program for ten thousand files: its care is its length'),
    '30_experiments': (dict(code=355, prose=3.7), 'four stages and a batch; the grid and the status were moved out already'),
    '31_comparison': (dict(code=320, prose=2.5), 'the statistics are small functions, each beside its figure'),
}


def tree() -> list[Path]:
    "Tracked files, and new ones that git does not ignore."
    out = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '-z'], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(f) for f in out.split('\0') if f and (ROOT / f).is_file()]


def chapters() -> list[Path]:
    "The notebooks of the house: lessons, their checks, and the appendix."
    return [p for d in CHAPTERS for p in sorted((ROOT / d).glob('*.ipynb'))]


def cells(path: Path) -> list[dict]: return json.loads(path.read_text(encoding='utf-8'))['cells']


def source(cell: dict) -> str: return ''.join(cell['source'])


def differs_after(command: list[list[str]], what: str, hint: str) -> list[str]:
    "Run `command` in a copy of the tree; name the files that it changes, adds or removes."
    with tempfile.TemporaryDirectory() as tmp:
        files = tree()
        for f in files:
            (Path(tmp) / f).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / f, Path(tmp) / f)
        for c in command:
            done = subprocess.run(c, cwd=tmp, env=os.environ | {'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ.get("PATH", "")}'}, capture_output=True, text=True)   # nbdev of this Python
            if done.returncode: return [f'{what}: {" ".join(c)} failed: {done.stderr.strip().splitlines()[-1:]}']
        after = {p.relative_to(tmp) for p in Path(tmp).rglob('*') if p.is_file() and '__pycache__' not in p.parts and p.name != '_modidx.py'}   # nbdev's index is made, not kept
        changed = {f for f in files if f not in after or (Path(tmp) / f).read_bytes() != (ROOT / f).read_bytes()}
        return [f'{f}: {what} changes it; {hint}' for f in sorted(changed | (after - set(files)))]


def clean() -> list[str]:
    "`nbdev_clean` leaves the notebooks as they are."
    return differs_after([['nbdev_clean'], *(['nbdev_clean', '--fname', d] for d in PAPERMILL)], 'nbdev_clean', 'run it and commit')


def export() -> list[str]:
    "`nbdev_export` writes the package that is there."
    return differs_after([['nbdev_export']], 'nbdev_export', 'run make export and commit')


def orphans() -> list[str]:
    "Every module has one notebook, and no two notebooks write the same one."
    written = [m[1] for p in chapters() for c in cells(p) if (m := re.search(r'^#\|\s*default_exp\s+(\S+)', source(c), re.M))]
    named = {m[1] for p in chapters() for c in cells(p) if (m := re.search(r'^#\|\s*exporti?\s+(\S+)', source(c), re.M))}
    modules = {'.'.join(p.relative_to(ROOT / 'dset').with_suffix('').parts) for p in (ROOT / 'dset').rglob('[!_]*.py')}
    return ([f'dset/{m}.py: no notebook exports it; delete it or write its chapter' for m in sorted(modules - set(written) - named)]
            + [f'dset/{m}.py: several notebooks export it, the last one wins' for m in sorted({m for m in written if written.count(m) > 1})])


def imports(module: str) -> list[tuple[str, bool]]:
    "The modules of ours that a module imports, and whether it does so inside a function."
    text = (ROOT / 'dset' / (module.replace('.', '/') + '.py')).read_text(encoding='utf-8')
    package, found = module.split('.')[:-1], []
    for indent, dots, name in re.findall(r'^([ \t]*)from (\.+|dset\.)([\w.]*) import', text, re.M):
        up = [] if dots == 'dset.' else package[:len(package) - len(dots) + 1]
        found.append(('.'.join(up + ([name] if name else [])), bool(indent)))
    return [(m, lazy) for m, lazy in found if m and not m.startswith('_') and (ROOT / 'dset' / (m.replace('.', '/') + '.py')).is_file()]


def modules() -> list[str]:
    "All modules that are more than an old name."
    return [m for p in sorted((ROOT / 'dset').rglob('[!_]*.py')) if (m := '.'.join(p.relative_to(ROOT / 'dset').with_suffix('').parts)) not in OLD]


def floors() -> list[str]:
    "Every module imports only from floors below its own."
    floor, found = {name: i for i, names in enumerate(FLOORS) for name in names.split()}, []
    for m in modules():
        if m not in floor: found.append(f'dset.{m}: stands on no floor; give it one in tools/check.py')
        for other, lazy in imports(m):
            if other in OLD: found.append(f'dset.{m}: imports {other}, an old name; see nbs/appendix, its notebook of old names')
            elif m in floor and floor.get(other, 99) >= floor[m] and not (lazy and (m, other) in LAZY):
                found.append(f"dset.{m}: imports {other}{' (inside a function)' * lazy}, which is not below it")
    return found


def dense() -> list[str]:
    "The dense chapters import nothing sparse, not even through others."
    found = []
    for m in (m for m in DENSE if m in modules()):
        seen, todo = set(), [m]
        while todo:
            new = {o for o, lazy in imports(todo.pop()) if not lazy} - seen
            seen |= new
            todo += new
        found += [f'dset.{m}: reaches {o}, which is sparse' for o in sorted(seen & set(SPARSE))]
    return found


def patches() -> list[str]:
    "At most twenty uses of @patch: a class stands in one piece."
    count = {m: n for m in modules() if (n := len(re.findall(r'^@patch', (ROOT / 'dset' / (m.replace('.', '/') + '.py')).read_text(encoding='utf-8'), re.M)))}
    print(f'       @patch: {sum(count.values())} in the library, the limit is {PATCHES}; {count}')
    return [f'{sum(count.values())} uses of @patch, the limit is {PATCHES}'] if sum(count.values()) > PATCHES else []


def docstring_lines(text: str) -> int:
    "Lines of a cell that are docstrings: they are read as prose, beside the code."
    try: tree = ast.parse(re.sub(r'^[%!]', '#', text, flags=re.M))
    except SyntaxError: return 0   # a cell of shell commands
    first = [n.body[0] for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    return sum(sum(bool(line.strip()) for line in ast.get_source_segment(text, e).splitlines()) for e in first
               if isinstance(e, ast.Expr) and isinstance(e.value, ast.Constant) and isinstance(e.value.value, str))


def measure(path: Path) -> dict:
    "Cells, lines of code (those of exported docstrings not counted), longest line, words of prose for a line of code, KB of a notebook."
    cs = cells(path)
    code = [line for c in cs if c['cell_type'] == 'code' for line in source(c).splitlines() if line.strip()]
    lines = len(code) - sum(docstring_lines(source(c)) for c in cs if c['cell_type'] == 'code' and '#| export' in source(c))
    words = sum(len(source(c).split()) for c in cs if c['cell_type'] == 'markdown')
    return dict(cells=len(cs), code=lines, width=max(map(len, code), default=0), prose=round(words / max(lines, 1), 1), kb=round(path.stat().st_size / 1e3))


def allowed(lesson: str, key: str) -> float:
    "The limit of a lesson: everybody's, or the one that stands in EXCEPTIONS."
    return EXCEPTIONS.get(lesson, ({}, ''))[0].get(key, LIMITS[key])


def lessons() -> list[str]:
    "Lessons are short enough to be read: cells, lines of code, their length, prose, size; exceptions are named and do not grow."
    found, over = [], lambda k, value, limit: value < limit if k == 'prose' else value > limit
    print(f"       {'lesson':28}" + ''.join(f'{k:>7}' for k in LIMITS) + f"\n       {'limit':28}" + ''.join(f'{v:>7}' for v in LIMITS.values()) + '   * by exception')
    measured = {p.stem: measure(p) for p in sorted((ROOT / 'nbs').glob('[0-9]*.ipynb'))}
    for name, m in measured.items():
        print(f'       {name:28}' + ''.join(f"{m[k]:>6}{'*' if over(k, m[k], LIMITS[k]) else ' '}" for k in LIMITS))
        found += [f'{name}: {k} {m[k]}, the limit is {allowed(name, k)}' for k in LIMITS if over(k, m[k], allowed(name, k))]
    for name, (limits, _) in EXCEPTIONS.items():
        for k in limits:
            if name not in measured: found.append(f'{name}: there is no such lesson; take its exception out of tools/check.py')
            elif k == 'width': found.append(f'{name}: the width of lines has no exceptions')
            elif not over(k, measured[name][k], LIMITS[k]): found.append(f'{name}: {k} {measured[name][k]} needs no exception any more; take it out of tools/check.py')
    wide = {p.stem: n for p in chapters() if not re.match(r'\d', p.stem) or p.parent.name != 'nbs'
            if (n := sum(len(line) > LIMITS['width'] for c in cells(p) if c['cell_type'] == 'code' for line in source(c).splitlines()))}
    return found + [f'{name}: {n} lines of code over {LIMITS["width"]} characters' for name, n in wide.items()]


def book() -> list[str]:
    "The book builds without a warning, and no link within it is broken."
    sys.path.insert(0, str(ROOT / 'tools'))
    from book import build
    with tempfile.TemporaryDirectory() as tmp: status, said = build(Path(tmp))
    return [line for line in said.splitlines() if line.strip()] if status else []


def readme() -> list[str]:
    "The front pages are their notebooks, their numbers those of `results/`, and both languages say the same ones."
    sys.path.insert(0, str(ROOT / 'tools'))
    import readme
    found = [f'{page}: not what {nb} renders to; run make readme' for nb, page in readme.PAGES.items() if readme.render(nb) != (ROOT / page).read_text(encoding='utf-8')]
    if readme.results() != (ROOT / 'RESULTS.md').read_text(encoding='utf-8'): found.append('RESULTS.md: not what the tables in results/ say; run make readme')
    return found + readme.disagreements() + [line for nb in readme.PAGES for line in readme.stale(nb)]


def environment() -> list[str]:
    "`environment.yml` asks for what `settings.ini` asks for."
    ini = ConfigParser(delimiters=['='], interpolation=None)
    ini.read(ROOT / 'settings.ini', encoding='utf-8')
    wanted = set(ini['DEFAULT']['requirements'].split()) | set(ini['DEFAULT']['dev_requirements'].split())
    conda = yaml.safe_load((ROOT / 'environment.yml').read_text(encoding='utf-8'))['dependencies']
    got = set(next(d['pip'] for d in conda if isinstance(d, dict)))
    return [f'environment.yml: {r} is asked for by only one of environment.yml and settings.ini' for r in sorted(wanted ^ got)]


def parameters() -> list[str]:
    "Every papermill notebook has exactly one cell tagged `parameters`."
    return [f'{p.relative_to(ROOT)}: {n} cells tagged `parameters`, needs one' for d in PAPERMILL for p in sorted((ROOT / d).glob('*.ipynb'))
            if (n := sum('parameters' in c['metadata'].get('tags', []) for c in cells(p))) != 1]


def executed() -> list[str]:
    "Lessons are committed with outputs, no notebook with an error, all of them small."
    found = []
    for p in chapters():
        outs = [o for c in cells(p) for o in c.get('outputs', [])]
        if not outs and p.parent.name == 'nbs': found.append(f'{p.relative_to(ROOT)}: committed without outputs; make render')
        if any(o['output_type'] == 'error' for o in outs): found.append(f'{p.relative_to(ROOT)}: holds an error output')
        if p.stat().st_size > 300_000: found.append(f'{p.relative_to(ROOT)}: {p.stat().st_size/1e3:.0f} KB, the limit is 300')
    return found


CHECKS = (clean, export, orphans, floors, dense, patches, lessons, readme, environment, parameters, executed, book)
def passed(check, found: list[str]) -> bool:
    "Whether a check found nothing."
    return not found


if __name__ == '__main__':
    only, failed = sys.argv[1:], 0
    for check in (c for c in CHECKS if not only or c.__name__ in only):
        found = check()
        failed += not passed(check, found)
        print(f"{'ok  ' if passed(check, found) else 'FAIL'} {check.__name__:<12} {check.__doc__}")
        for line in found: print(f'       {line}')
    sys.exit(bool(failed))
