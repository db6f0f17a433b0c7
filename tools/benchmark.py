"""Training step, evaluation step and deployed latency beside transformers' RT-DETRv2, in turns in one process, on the GPU or the CPU that is there.

`make benchmark` writes results/benchmark.csv: a row a task and model with its device, versions and commit. `against_transformers` is the median of the rounds' ratios, so it need not be the ratio of the medians. Weights and images are random, so no figure here says anything about accuracy. On two CPU cores it takes a few minutes; leave the machine alone meanwhile.
"""
import argparse
import contextlib
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import transformers
from torch import nn

from dset.deploy import deploy
from dset.detector import create_detector
from dset.profiling import code_version, device_name, published_rtdetr, time_calls
from dset.rtdetr import postprocess

ROOT = Path(__file__).resolve().parents[1]
THEIRS = 'RT-DETRv2, transformers'


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.add_argument('--depth', type=int, default=18, choices=(18, 50), help='of the ResNet')
    p.add_argument('--size', type=int, nargs=2, default=(640, 640), metavar=('H', 'W'))
    p.add_argument('--batch', type=int, help='images of a training or evaluation step (default: 2, on a GPU 16)')
    p.add_argument('--repeats', type=int, help='rounds that count (default: 5, on a GPU 30)')
    p.add_argument('--threads', type=int, help='of a CPU (default: as PyTorch chooses)')
    p.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    p.add_argument('--out', type=Path, default=ROOT / 'results/benchmark.csv')
    a = p.parse_args()
    if any(n <= 0 or n % 32 for n in a.size): p.error(f'--size {a.size[0]} {a.size[1]}: choose multiples of 32, the stride of the coarsest map')
    if a.device.startswith('cuda') and not torch.cuda.is_available(): p.error(f'--device {a.device}: PyTorch sees no GPU here; leave it out to measure on the CPU')
    return a


def inputs(batch: int, size, device, objects: int = 10) -> tuple[torch.Tensor, list[dict]]:
    "Random images `[b, 3, h, w]` in 0..1 and targets of `objects` boxes each (cxcywh, 0..1)."
    g = torch.Generator().manual_seed(0)
    boxes = torch.cat([torch.rand(batch, objects, 2, generator=g) * .6 + .2, torch.rand(batch, objects, 2, generator=g) * .3 + .02], -1)
    labels = torch.randint(80, (batch, objects), generator=g)
    return torch.rand(batch, 3, *size, generator=g).to(device), [dict(boxes=b, labels=l) for b, l in zip(boxes, labels)]


def calls(models: dict[str, nn.Module], images, targets, autocast) -> dict[str, dict]:
    "Task -> model -> what to call."
    sizes = torch.tensor([images.shape[-2:]] * len(images), device=images.device)
    labels = [dict(class_labels=t['labels'].to(images.device), boxes=t['boxes'].to(images.device)) for t in targets]

    def train(model, theirs):
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=1e-4, fused=True)
        def step():
            model.train()
            with autocast(): loss = model(images, labels=labels).loss if theirs else model(images, targets)['total_loss']
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 10.)
            optimizer.step(), optimizer.zero_grad()
        return step

    def evaluate(model, theirs):
        @torch.inference_mode()
        def step():
            model.eval()
            with autocast(): out = model(images)
            if theirs: out = dict(pred_logits=out.logits, pred_boxes=out.pred_boxes)
            postprocess(out, sizes)
        return step

    return {'training step': {n: train(m, n == THEIRS) for n, m in models.items()},
            'evaluation step': {n: evaluate(m, n == THEIRS) for n, m in models.items()}}


def peak_mib(call, device) -> float:
    "Peak GPU memory of one call; NaN on a CPU, where a process cannot tell."
    if device.type != 'cuda': return float('nan')
    torch.cuda.synchronize(), torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() / 2**20


def main() -> None:
    a, began = arguments(), time.time()
    device, gpu = torch.device(a.device), a.device.startswith('cuda')
    batch, repeats = a.batch or (16 if gpu else 2), a.repeats or (30 if gpu else 5)
    if a.threads: torch.set_num_threads(a.threads)
    if gpu: torch.set_float32_matmul_precision('high')
    autocast = (lambda: torch.autocast('cuda', torch.bfloat16)) if gpu else contextlib.nullcontext
    torch.manual_seed(0)
    ours = {f'ours, {what}': f'{preset}_presnet{a.depth}' for what, preset in (('dense', 'rtdetr'), ('DSET', 'dset'))}
    models = {THEIRS: published_rtdetr(a.depth)} | {n: create_detector(p, num_classes=80) for n, p in ours.items()}
    for m in models.values():
        m.to(device)
        if hasattr(m, 'set_epoch'): m.set_epoch(10_000)                        # pruning as after its warm-up
    images, targets = inputs(batch, a.size, device)
    tasks = {task: (batch, named) for task, named in calls(models, images, targets, autocast).items()}
    one = images[:1]
    deployed = {n: m.eval() if n == THEIRS else deploy(m.eval(), 'eager', tuple(a.size)) for n, m in models.items()}
    @torch.inference_mode()
    def answer(m):
        with autocast(): m(one)
    tasks['deployed, one image'] = (1, {n: (lambda m=m: answer(m.eval())) for n, m in deployed.items()})

    rows, load = [], os.getloadavg()[0] if hasattr(os, 'getloadavg') else float('nan')
    for task, (n, named) in tasks.items():
        seconds = time_calls(named, repeats, 3 if gpu else 1, device)
        for name, s in seconds.items():
            rows.append(dict(task=task, model=name, batch=n, p50_ms=round(float(np.median(s)) * 1e3, 1), p95_ms=round(float(np.percentile(s, 95)) * 1e3, 1),
                             images_per_s=round(n / float(np.median(s)), 2), against_transformers=round(float(np.median(seconds[THEIRS] / s)), 3),
                             peak_mib=round(peak_mib(named[name], device), 0)))
            print(f"{task:20s} {name:24s} {rows[-1]['p50_ms']:9.1f} ms, {rows[-1]['against_transformers']:.2f}x as fast as transformers", flush=True)
    about = dict(backbone=f'R{a.depth}', height=a.size[0], width=a.size[1], precision='bfloat16, autocast' if gpu else 'float32', repeats=repeats,
                 threads=torch.get_num_threads(), load=round(load, 1), device=device_name(device), torch=torch.__version__,
                 transformers=transformers.__version__, commit=code_version(), date=time.strftime('%Y-%m-%d'),
                 command='make benchmark' + (f" ARGS='{' '.join(sys.argv[1:])}'" if sys.argv[1:] else ''))
    a.out.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).assign(**about).to_csv(a.out, index=False)
    print(f'{a.out.name} written, {time.time() - began:.0f} s')


if __name__ == '__main__': main()
