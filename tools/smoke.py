"""The notebooks that take parameters, each run at the smallest size that still passes through every cell.

`run(name)` prints what the notebooks print and says whether they came through. Everything is written to a temporary folder.
"""
import csv
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIZE = (160, 288)


def _notebook(folder: str, notebook: str, out: Path, /, **parameters) -> None:
    from dset.commands import run_notebook
    run_notebook(ROOT / folder / f"{notebook}.ipynb", out / f"{notebook}.ipynb", parameters, cwd=ROOT / folder)


def _standin(root: Path) -> Path:
    from dset.standin.dataset import synthesize
    synthesize(root, num_frames=24, seed=0, image_size=SIZE, scene='demo', num_workers=1, progress=False)
    return root


def experiments(tmp: Path) -> None:
    "Train a few steps, evaluate the checkpoint: the pair behind `make run`; then the same run with fewer digits."
    data = _standin(tmp / 'data')
    small = dict(data_root=str(data), num_workers=0, batch_size=4)
    _notebook('nbs/experiments', 'train', tmp, **small, config='dset_tiny', epochs=2, output_dir=str(tmp / 'logs'), name='smoke',
              image_size=[96, 160], overrides=dict(num_queries=20, num_denoising=10, hidden_dim=32, num_heads=2, decoder_layers=2, token_pruning_warmup_epochs=1))
    run, = (tmp / 'logs').glob('smoke_*')
    _notebook('nbs/experiments', 'evaluate', tmp, **small, checkpoint=str(run))
    metrics = json.loads((run / 'metrics.json').read_text(encoding='utf-8'))
    missing = {'metrics', 'config', 'commit', 'versions', 'device', 'seeds', 'durations'} - metrics.keys()
    if missing: raise AssertionError(f'metrics.json lacks {", ".join(sorted(missing))}')
    if not 0 <= metrics['metrics']['mAP50'] <= 1: raise AssertionError(f"mAP50 is {metrics['metrics']['mAP50']}")
    for name in ('latest_checkpoint.pth', 'best_checkpoint.pth'):
        if not (run / name).is_file(): raise AssertionError(f'{run} lacks {name}')
    _notebook('nbs/experiments', 'precision', tmp, presets=['rtdetr_tiny'], image_size=[96, 160], repeats=1, warmup=0, threads=1, runs=str(run), output_dir=str(tmp / 'results'))
    for name in ('precision', 'precision_ap'):
        found = list(csv.DictReader(l for l in (tmp / 'results' / f'{name}.csv').open(encoding='utf-8') if not l.startswith('#')))
        if [r['mixed_precision'] for r in found] != ['no', 'bf16']: raise AssertionError(f'{name}.csv holds {found}')


def data_prep(tmp: Path) -> None:
    "Draw, inspect, convert, split by camera."
    _notebook('data_prep', '01_synthesize', tmp, data_root=str(tmp / 'data'), num_frames=16, image_height=SIZE[0], image_width=SIZE[1], num_workers=1)
    data = dict(data_root=str(tmp / 'data'), cache_dir=str(tmp / 'cache'))
    _notebook('data_prep', '02_inspect', tmp, **data, output_dir=str(tmp / 'inspect'))
    _notebook('data_prep', '03_to_coco', tmp, **data, output_dir=str(tmp / 'coco'), resize=[96, 160], num_workers=1)
    from pycocotools.coco import COCO
    _notebook('data_prep', '05_by_camera', tmp)
    written = sorted((tmp / 'coco').rglob('*.json'))
    if not any(COCO(str(p)).anns for p in written): raise AssertionError(f'no annotation in {[p.name for p in written]}')


def transfer(tmp: Path) -> None:
    "EntityMoE, LoRA and a linear probe on a drawn classification set."
    _notebook('nbs/experiments', 'transfer', tmp, num_seeds=1, train_images=64, test_images=64, source_images=128, source_steps=8, steps=4, batch_size=16,
              output_dir=str(tmp / 'results'))
    table, = (tmp / 'results').glob('*.csv')
    rows = list(csv.DictReader(table.open(encoding='utf-8')))
    if not rows: raise AssertionError(f'{table} is empty')


GRID = """
data: {{data_root: {tmp}/data}}
presets: [dset_tiny]
common: {{epochs: 2, eval_every: 1, token_pruning_warmup_epochs: 1, batch_size: 4, image_size: [96, 160], hidden_dim: 32, num_heads: 2, num_queries: 20, num_denoising: 10, decoder_layers: 1, num_workers: 0}}
output_dir: {tmp}/logs
results_dir: {tmp}/results
"""


def batch(tmp: Path) -> None:
    "A grid of one run: data, train, evaluate, compare, the study of its tokens; a second start finds nothing to do. Through Snakemake where this Python has it."
    _standin(tmp / 'data')
    grid = tmp / 'mini.yaml'
    grid.write_text(GRID.format(tmp=tmp), encoding='utf-8')
    def command(*argv): subprocess.run([sys.executable, '-m', 'dset.experiments', *argv], check=True, cwd=ROOT)
    if importlib.util.find_spec('snakemake'): command('run', str(grid))
    else:
        for stage in (['data'], ['train'], ['evaluate'], ['compare']): command(*stage, str(grid), *(['dset_tiny-s0'] if stage[0] in ('train', 'evaluate') else []))
    run, table = tmp / 'logs' / 'mini' / 'dset_tiny-s0', tmp / 'results' / 'mini.csv'
    metrics, written = json.loads((run / 'metrics.json').read_text(encoding='utf-8')), table.stat().st_mtime
    missing = {'metrics', 'config', 'config_hash', 'data', 'commit', 'dirty', 'versions', 'device', 'seeds', 'durations', 'flops'} - metrics.keys()
    if missing: raise AssertionError(f'metrics.json lacks {", ".join(sorted(missing))}')
    if not (run / 'train.ipynb').is_file() or not (run / 'evaluate.ipynb').is_file(): raise AssertionError(f'{run} lacks its executed notebooks')
    if importlib.util.find_spec('snakemake'):
        command('run', str(grid))
        if table.stat().st_mtime != written: raise AssertionError('a second start did not leave the finished grid alone')
    _notebook('nbs/experiments', 'choice', tmp, grid=str(grid), ranked=['dset_tiny'], limit=4, results_dir=str(tmp / 'results'))
    for name, rows in (('choice_tokens_runs', 16), ('choice_tokens', 16), ('choice_experts_runs', 7), ('choice_experts', 7)):
        found = list(csv.DictReader((tmp / 'results' / f'{name}.csv').open(encoding='utf-8')))
        if len(found) != rows: raise AssertionError(f'{len(found)} rows of {name}, not {rows}')


def tiles(tmp: Path) -> None:
    "The study of tiles on a few pictures, the notebook that measures what tiles save, and that of the standing camera."
    _notebook('nbs/experiments', 'tiles_study', tmp, data_root=str(tmp / 'data'), num_frames=24, limit=8, epochs=1, mixed_epochs=1, batch_size=4, image_size=[96, 160],
              keeps=[0.5], ways=['network_choice', 'network_long_teacher', 'one', 'long_twin'], glance_seeds=[0], output_dir=str(tmp / 'study'), results_dir=str(tmp / 'results'))
    for name in ('study/base_0', 'study/base_0_half', 'results/tiles_study', 'results/tiles_study_runs', 'results/tiles_teacher', 'results/tiles_teacher_runs', 'results/tiles_glance'):
        if not list(csv.DictReader((tmp / f'{name}.csv').open(encoding='utf-8'))): raise AssertionError(f'the study wrote no row of {name}.csv')
    _notebook('nbs/experiments', 'tiles_speed', tmp, backbones=['presnet18'], image_size=[128, 192], keeps=[1.0, 0.5], repeats=1, threads=1, transformers_too=False, files=[0.5],
              results_dir=str(tmp / 'results'))
    _notebook('nbs/experiments', 'camera_study', tmp, start=str(tmp / 'study' / 'base_0_twin.pth'), sites=2, film_frames=4, output_dir=str(tmp / 'camera'),
              results_dir=str(tmp / 'results'), picture=str(tmp / 'camera.jpg'))
    if not (tmp / 'camera.jpg').is_file() or len(list(csv.DictReader((tmp / 'results' / 'camera_accuracy.csv').open(encoding='utf-8')))) != 40:
        raise AssertionError('the camera study wrote no picture, or not six rows for each of six films and two more where the camera shakes')


def benchmark(tmp: Path) -> None:
    "What `make benchmark` runs, on one small image: every task and model has a row with a time."
    subprocess.run([sys.executable, str(ROOT / 'tools/benchmark.py'), '--size', '128', '128', '--batch', '1', '--repeats', '1', '--device', 'cpu', '--out', str(tmp / 'b.csv')],
                   check=True, cwd=ROOT)
    rows = list(csv.DictReader((tmp / 'b.csv').open(encoding='utf-8')))
    if len(rows) != 9 or not all(float(r['p50_ms']) > 0 for r in rows): raise AssertionError(f'{len(rows)} rows where 3 tasks of 3 models are 9')


NAMES = ('experiments', 'batch', 'data_prep', 'transfer', 'tiles', 'benchmark')


def run(name: str) -> bool:
    with tempfile.TemporaryDirectory() as tmp: globals()[name](Path(tmp))
    return True
