"""`make test`: the tree check, nbdev's test of every chapter, one smoke pass of the experiment notebooks.

Two jobs at a time, each a process of its own on one thread, so that a crash is a failure and not a hang. Where the system
can fork, a job starts from a process that has already imported PyTorch and friends (warm.py): a hundred times five seconds.
The last line counts; the exit code is right. `python tools/test.py 05 smoke` runs only the jobs whose name contains 05 or smoke.
"""
import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent
LIMIT = 900   # seconds a job may take
LONG = ('28_deploy', '28b_onnx', '28c_onnx_files', 'A05_dataset')   # minutes each (a file is exported for every switch): they start first
QUIET = {'OMP_NUM_THREADS': '1', 'MPLBACKEND': 'agg', 'TQDM_DISABLE': '1', 'HF_HUB_OFFLINE': '1', 'PYTHONPATH': str(ROOT)}
COLD = ('24_published',)   # sets what huggingface_hub reads when it is imported
FORKS = sys.platform == 'linux'   # elsewhere a fork of a process that has imported PyTorch is not safe


def check(name: str) -> bool:
    "One check of the tree."
    import check as checks
    one = next(c for c in checks.CHECKS if c.__name__ == name)
    found = one()
    print('\n'.join(found))
    return checks.passed(one, found)


def chapter(path: str) -> bool:
    "One chapter under `nbdev_test`'s own runner."
    from nbdev.config import get_config
    from nbdev.test import test_nb
    return test_nb(ROOT / path, skip_flags=get_config().tst_flags.split(), force_flags=[], basepath=ROOT)[0]


def smoke(name: str) -> bool:
    "One experiment notebook, at the smallest size that exercises every cell."
    from smoke import run
    return run(name)


def jobs() -> list[tuple[str, str]]:
    "All (kind, name), the long ones first."
    from check import CHECKS, chapters
    from smoke import NAMES
    return [('check', 'book'), *(('smoke', n) for n in NAMES), *(('chapter', p.relative_to(ROOT).as_posix()) for p in sorted(chapters(), key=lambda p: (p.stem not in LONG, -p.stat().st_size))), *(('check', c.__name__) for c in CHECKS if c.__name__ != 'book')]


def work(kind: str, name: str, log: str) -> None:
    "A job, inside its process: what it prints goes to the file `log`."
    with open(log, 'wb') as out, open(os.devnull, 'rb') as nothing:
        for own, new in ((0, nothing), (1, out), (2, out)): os.dup2(new.fileno(), own)
    multiprocessing.set_start_method(multiprocessing.get_all_start_methods()[0], force=True)   # a job starts its own as usual
    os.chdir(ROOT)
    sys.stdout.reconfigure(errors='replace')
    sys.exit(not {'check': check, 'chapter': chapter, 'smoke': smoke}[kind](name))


def run_job(kind: str, name: str) -> tuple[bool, float, str]:
    "A job in its own process: (passed, seconds, what it printed)."
    start = time.time()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, 'log')
        warm = FORKS and not any(c in name for c in COLD)
        context = multiprocessing.get_context('forkserver' if warm else 'spawn')
        process = context.Process(target=work, args=(kind, name, str(log)))
        process.start()
        process.join(LIMIT)
        late = process.exitcode is None
        if late: process.kill(); process.join()
        out = log.read_text(errors='replace') if log.exists() else ''
    return process.exitcode == 0, time.time() - start, out + f'\nstopped after {LIMIT} s' * late


def main(only: list[str]) -> int:
    names = [' '.join(j) for j in jobs()]
    if lost := [o for o in only if not any(o in n for n in names)]:
        sys.exit(f'no test has a name with {" or ".join(lost)} in it; there are: {", ".join(names)}')
    todo = [j for j, n in zip(jobs(), names) if not only or any(o in n for o in only)]
    failed, start = [], time.time()
    os.environ |= QUIET
    sys.path.insert(1, str(ROOT))   # jobs inherit both
    if FORKS: multiprocessing.set_forkserver_preload(['warm'])
    with ThreadPoolExecutor(2) as pool:
        pending = {pool.submit(run_job, *job): job for job in todo}
        for i, future in enumerate(as_completed(pending), 1):
            job, (passed, seconds, log) = pending[future], future.result()
            print(f"[{i:>2}/{len(todo)} {time.time() - start:4.0f} s] {'ok  ' if passed else 'FAIL'} {' '.join(job)} ({seconds:.0f} s)", flush=True)
            if not passed:
                failed.append(job)
                print('    ' + log.strip().replace('\n', '\n    '), flush=True)
    for job in failed: print('FAILED', *job)
    print(f'{len(todo) - len(failed)} passed, {len(failed)} failed')
    return bool(failed)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', help='parts of the names of the jobs to run; none: all')
    sys.exit(main(parser.parse_args().names))
