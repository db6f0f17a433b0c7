"`make run`: draw a stand-in data set, train, evaluate, and say where everything is."
import argparse
import json
import os
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT/'nbs'/'experiments'


def step(text: str, began: float):
    print(f'\n== {text} [{(time.time() - began) / 60:.1f} min]', flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--frames', type=int, default=640, help='frames to draw (train and val)')
    p.add_argument('--epochs', type=int, help='epochs (default: those of dset_tiny)')
    args = p.parse_args()
    os.chdir(ROOT)
    began = time.time()

    from dset.synthetic import synthesize
    from dset.trainer import headline, newest_run, run_command, run_notebook

    def demo():
        data = f'data/standin_{args.frames}'
        step(f'Drawing {args.frames} frames of road scenes into {data} (none if they are there already)', began)
        drawn = synthesize(data, args.frames, seed=0, image_size=(360, 640), scene='demo')
        print(f"{drawn['train']} training and {drawn['val']} validation frames, {drawn['boxes']:,} boxes")

        step('Training: nbs/experiments/train.ipynb', began)
        stamp = time.strftime('%Y%m%d_%H%M%S')
        executed = run_notebook(NOTEBOOKS/'train.ipynb', f'logs/train_{stamp}.ipynb',
                                dict(config='dset_tiny', data_root=data, name='demo', epochs=args.epochs), cwd=ROOT)
        run = newest_run('logs')
        executed.rename(run/'train.ipynb')

        step('Evaluating: nbs/experiments/evaluate.ipynb', began)
        run_notebook(NOTEBOOKS/'evaluate.ipynb', run/'evaluate.ipynb', dict(checkpoint=str(run)), cwd=ROOT)

        step('Done', began)
        for what, path in {'executed notebooks': '*.ipynb', 'metrics': 'metrics.json', 'evaluation': 'evaluation_*.json', 'log, a line an epoch': 'metrics.jsonl',
                           'checkpoints': '*.pth', 'pictures': 'pictures/*.png'}.items():
            print(f'{what + ":":22}' + ', '.join(str(f) for f in sorted(run.glob(path))))
        print(headline(json.loads((run/'evaluation_val.json').read_text())['metrics']), flush=True)

    run_command(demo)


if __name__ == '__main__': main()
