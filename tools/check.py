"""Is the tree what its notebooks say? Nothing is changed: the checks run on a copy.

clean -> no diff, export -> no diff, README = rendered index, environment.yml = settings.ini, every papermill
notebook has its `parameters` cell, every committed chapter its outputs, no module without a notebook or with an import from above.
"""
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
FLOORS = ('config', 'routers', 'experts token_pruning deformable_attention denoising backbones transforms detection_data', 'encoder decoder losses entity_moe dair_v2x own_data resizing',
          'detector', 'weights evaluation profiling visualize', 'trainer injection', 'export experiments comparison')   # from the ground up


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


def floors() -> list[str]:
    "Every module imports only from floors below its own."
    floor = {name: i for i, names in enumerate(FLOORS) for name in names.split()}
    found = []
    for path in sorted((ROOT / 'dset').glob('[!_]*.py')):
        if path.stem not in floor: found.append(f'dset/{path.name}: stands on no floor; give it one in tools/check.py')
        for other in re.findall(r'^\s*from (?:dset)?\.(\w+) import', path.read_text(encoding='utf-8'), re.M):
            if floor.get(other, 99) >= floor.get(path.stem, 99): found.append(f'dset/{path.name}: imports {other}, which is not below it')
    return found


def readme() -> list[str]:
    "`README.md` is the rendered index."
    sys.path.insert(0, str(ROOT / 'tools'))
    from readme import render
    return [] if render() == (ROOT / 'README.md').read_text(encoding='utf-8') else ['README.md: not what nbs/index.ipynb renders to; run make readme']


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
    "Chapters are committed with outputs, without errors, and small."
    found = []
    for p in chapters():
        outs = [o for c in cells(p) for o in c.get('outputs', [])]
        if not outs: found.append(f'{p.relative_to(ROOT)}: committed without outputs; make render')
        if any(o['output_type'] == 'error' for o in outs): found.append(f'{p.relative_to(ROOT)}: holds an error output')
        if p.stat().st_size > 300_000: found.append(f'{p.relative_to(ROOT)}: {p.stat().st_size/1e3:.0f} KB, the limit is 300')
    return found


CHECKS = (clean, export, orphans, floors, readme, environment, parameters, executed)

if __name__ == '__main__':
    failed = 0
    for check in CHECKS:
        found = check()
        failed += bool(found)
        print(f"{'FAIL' if found else 'ok  '} {check.__name__:<12} {check.__doc__}")
        for line in found: print(f'       {line}')
    sys.exit(bool(failed))
