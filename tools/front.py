"""The tables and sentences of the front pages that hold numbers, read from `results/`; one source, two languages."""
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from IPython.display import Markdown

from dset.published import PUBLISHED

RESULTS = Path(__file__).resolve().parents[1] / 'results'
GLANCE = 'tf_efficientnet_lite0'   # the pretrained one of chapter 13c, whose times and accuracy the front pages show
PUBLISHED_AP = {n: PUBLISHED[f'rtdetr_v2_r{n}vd'].ap for n in (50, 18)}

TEXT = {   # English, Chinese
    'model': ('model', '模型'), 'gflops': ('GFLOPs at 640x640', 'GFLOPs（640x640）'),
    'of_dense': ('of dense R50', '相对稠密 R50'), 'of_twin': ('of its dense twin', '相对其稠密模型'),
    'eager': ('eager, ms', '即时执行，毫秒'), 'deployed': ('deployed, ms', '部署后，毫秒'),
    'onnx': ('ONNX Runtime, ms', 'ONNX Runtime，毫秒'),
    'times eager': ('times as fast: eager', '速度倍数：即时执行'), 'times deployed': ('deployed', '部署后'),
    'times onnx': ('ONNX Runtime', 'ONNX Runtime'),
    'map': ('mAP, synthetic, one seed', 'mAP（合成数据，单个随机种子）'), 'when': ('take it when', '适用场合'),
    'rtdetr_presnet50': (f'the AP on COCO counts: published {PUBLISHED_AP[50]}, R18 {PUBLISHED_AP[18]} '
                         '(not reproduced here)',
                         f'看重 COCO 上的 AP：公布值为 {PUBLISHED_AP[50]}，R18 为 {PUBLISHED_AP[18]}（此处未复现）'),
    'dset_presnet50': ('dominated: no cheaper than dense, no faster when deployed', '被支配：不比稠密便宜，部署后也不更快'),
    'rtdetr_presnet18': ('time is short and every picture is full', '时间紧、画面拥挤'),
    'dset_presnet18': ('you want the sparse parts to study them', '用于研究稀疏部件'),
    'dset_hgnetv2_b2': ('dominated by dense R18 here: slower and less accurate', '此处被稠密 R18 支配：更慢，精度更低'),
    'seeing': (', {keep:.0%}, EfficientNet-Lite0 as its glance', '，{keep:.0%}，选块网络为 EfficientNet-Lite0'),
    'preset': (', {keep:.0%}, as it comes, small glance', '，{keep:.0%}，预设值，小型选块网络'),
    'take seeing': ('the road is mostly empty; train it with tiles first, the glance from ImageNet weights '
                    '(chapter 13c)',
                    '路面大多空旷；需先以分块训练，选块网络取 ImageNet 权重（第 13c 章）'),
    'take preset': ('nothing pretrained may be used', '不能使用预训练权重'),
    'stream': ('the camera stands still', '摄像机固定不动'),
}


def _say(key: str, lang: str) -> str: return TEXT[key][lang == 'zh'] if key in TEXT else key


def _table(name: str) -> pd.DataFrame: return pd.read_csv(RESULTS / f'{name}.csv', comment='#')


def _provenance(name: str) -> dict[str, str]:
    "The '# key: value' lines above a table."
    lines = (RESULTS / f'{name}.csv').read_text(encoding='utf-8').splitlines()
    return dict(l[2:].split(': ', 1) for l in lines if l.startswith('# '))


def markdown(rows: list[tuple], note: str = '') -> Markdown:
    "Rows of cells, the head first, as a Markdown table with a note below."
    rows = [rows[0], ['---'] * len(rows[0]), *rows[1:]]
    return Markdown('\n'.join('| ' + ' | '.join(map(str, r)) + ' |' for r in rows) + f'\n\n{note}')


def account() -> pd.Series:
    "GFLOPs at 640x640 by preset and component."
    t = _table('compute_account').query('height == 640 and width == 640')
    return t.set_index(['preset', 'component'])['gflops']


def _tiles() -> pd.DataFrame:
    "The rows of `tiles_latency` that the front pages read."
    return _table('tiles_latency').query('height == 640 and width == 640 and batch == 1')


def models(lang: str = 'en') -> Markdown:
    "The first table: what each model costs, what it found on synthetic frames, and when to take it."
    flops, ms = account(), _table('latency_cpu').set_index(['model', 'beside', 'how'])['p50_ms']
    scores = _table('backbones').set_index('model')['mAP']
    dense, rows = flops['rtdetr_presnet50', 'total'], []
    for preset, model, beside in (('rtdetr_presnet50', 'ours, dense', 'R50'), ('dset_presnet50', 'ours, DSET', 'R50'),
                                  ('rtdetr_presnet18', 'ours, dense', 'R18'), ('dset_presnet18', 'ours, DSET', 'R18'),
                                  ('dset_hgnetv2_b2', 'ours, DSET on HGNetv2-B2', 'R50')):
        times = [f'{ms[model, beside, how]:.0f}' for how in ('eager', 'deployed', 'ONNX Runtime')]
        cost = flops[preset, 'total']
        rows.append((f'`{preset}`', f'{cost:.1f}', f'{cost / dense:.0%}', *times,
                     f'{scores[preset]:.3f}' if preset in scores else '', _say(preset, lang)))
    s = _table('latency_cpu').iloc[0]
    note = {'en': f'Milliseconds: median of {s.repeats} rounds in turns, one image, {s.threads} threads, '
                  f'{s.precision}, {s.device}, torch {s.torch}, commit {s.commit} (`latency_cpu`). FLOPs: '
                  "chapter 23, with COCO's 80 classes and every cell projected before the decoder samples it, as "
                  'published (`compute_account`). mAP: 4 epochs at 128x224 on synthetic frames from random weights, '
                  'seed 0 (`backbones`): one seed says little.',
            'zh': f'毫秒：轮流测量 {s.repeats} 轮的中位数，单张图像，{s.threads} 线程，{s.precision}，{s.device}，'
                  f'torch {s.torch}，commit {s.commit}（`latency_cpu`）。FLOPs：第 23 章，COCO 的 80 个类别，'
                  '解码器采样之前投影每个单元，与公开实现一致（`compute_account`）。'
                  'mAP：合成图像，128x224，随机初始化训练 4 轮，种子 0（`backbones`）：单个种子说明不了什么。'}[lang]
    head = ('model', 'gflops', 'of_dense', 'eager', 'deployed', 'onnx', 'map', 'when')
    return markdown([tuple(_say(k, lang) for k in head), *rows], note)


def savings(lang: str = 'en') -> Markdown:
    "The second table: what is saved where a part of the picture is not computed."
    tiles, rows, c = _tiles(), [], _camera()
    whole = tiles.query("how == 'eager' and model == 'dense'").set_index('backbone').gflops
    for backbone in ('presnet50', 'presnet18'):
        for kind, keep in (('seeing', .35), ('preset', .3)):
            name = f'tiles, {GLANCE}, {keep}' if kind == 'seeing' else 'tiles'
            r = tiles.query('backbone == @backbone and model == @name and kept_share == @keep').set_index('how')
            rows.append((f'`dset_tiles_{backbone}`{_say(kind, lang).format(keep=keep)}', f'{r.gflops["eager"]:.1f}',
                         f'{r.of_dense_flops["eager"]:.0%}',
                         *(f'{r.faster[how]:.2f}' for how in ('eager', 'deployed', 'ONNX Runtime')),
                         _say(f'take {kind}', lang)))
    rows.append(('`rtdetr_presnet50` + `Stream`', f'{whole.presnet50 * c.of_dense_flops:.1f}',
                 f'{c.of_dense_flops:.0%}', f'{c.faster:.2f}', '', '', _say('stream', lang)))
    s = tiles.iloc[0]
    note = {'en': 'The percentage behind a name is the share of the 64-pixel tiles that is computed. Speed: in turns '
                  f'with the dense twin, which is 1, median of the ratios of {s.repeats} rounds, {s.threads} threads, '
                  f'commit {s.commit} (`tiles_latency`). FLOPs: with 8 classes and as a CPU computes them, where the '
                  'decoder samples first and projects what it found (chapter 04); so the dense R50 has '
                  f'{whole.presnet50:.1f} here, the dense R18 {whole.presnet18:.1f}. Stream: mean over {c.films} real '
                  'clips, beside the same detector frame by frame (`camera_latency`).',
            'zh': '名称后的百分比为所计算的 64 像素分块的比例。速度：与稠密模型（记为 1）轮流测量，'
                  f'{s.repeats} 轮比值的中位数，{s.threads} 线程，commit {s.commit}（`tiles_latency`）。'
                  'FLOPs：8 个类别，按 CPU 的实际计算方式，解码器先采样再投影（第 04 章）；因此稠密 R50 在此为 '
                  f'{whole.presnet50:.1f}，稠密 R18 为 {whole.presnet18:.1f}。Stream：{c.films} 段真实视频的平均，'
                  '与同一检测器逐帧计算相比（`camera_latency`）。'}[lang]
    head = ('model', 'gflops', 'of_twin', 'times eager', 'times deployed', 'times onnx', 'when')
    return markdown([tuple(_say(k, lang) for k in head), *rows], note)


def findings(lang: str = 'en') -> Markdown:
    "Five findings as bullets, every number out of a table."
    lines = (_cost_line, _accuracy_line, _tiles_line, _camera_line, _digits_line)
    return Markdown('\n'.join(f'- {line(lang)}' for line in lines))


def _cost_line(lang: str) -> str:
    flops, times = account(), _table('latency_cpu').set_index(['model', 'beside', 'how'])
    whole = flops['dset_presnet50', 'total'] / flops['rtdetr_presnet50', 'total']
    encoder = flops['dset_presnet50', 'encoder FFN'] / flops['rtdetr_presnet50', 'encoder FFN']
    sparse, dense = (times.loc[(model, 'R50', 'deployed')] for model in ('ours, DSET', 'ours, dense'))
    return {'en': '**Token pruning and experts do not make RT-DETR cheaper.** They cut the encoder FFN to '
                  f'{encoder:.0%}, as promised, and the whole R50 model to {whole:.0%}: the layer they act on is too '
                  f'small. Deployed, DSET-R50 is no faster than its dense twin ({sparse.p50_ms:.0f} and '
                  f'{dense.p50_ms:.0f} ms in the median, {sparse.of_dense:.2f} of its time by pairs of one round, '
                  '`latency_cpu`).',
            'zh': f'**令牌剪枝与专家并不能让 RT-DETR 更便宜。** 编码器 FFN 如承诺降到 {encoder:.0%}，'
                  f'而整个 R50 模型仍为 {whole:.0%}：它们作用的层太小。部署后 DSET-R50 不比稠密模型快（中位数分别为 '
                  f'{sparse.p50_ms:.0f} 毫秒和 {dense.p50_ms:.0f} 毫秒，同轮成对比较为 {sparse.of_dense:.2f}，`latency_cpu`）。'}[lang]


def _accuracy_line(lang: str) -> str:
    tiny = _table('tiny').set_index('model').loc['dset_tiny']
    real = _table('roadside').set_index('model').loc['dset']
    return {'en': '**Nor do they change what it sees.** Against its dense twin the small DSET gains '
                  f'{tiny.mAP_difference:+.3f} mAP over {tiny.n} seeds (p = {tiny.difference_p:.2f}, synthetic '
                  'frames), and on real pictures of three cameras that training never saw '
                  f'{real.mAP_difference:+.3f} over {real.n} (p = {real.difference_p:.2f}, `roadside`): seeds differ '
                  'more than models. Which tokens stay, and one plain FFN in the place of the experts, change '
                  'less than the seed does (`choice_tokens`, `experts`).',
            'zh': '**它们也不改变检测结果。** 与稠密模型相比，小型 DSET 在 '
                  f'{tiny.n} 个种子上的 mAP 差为 {tiny.mAP_difference:+.3f}（p = {tiny.difference_p:.2f}，合成图像）；'
                  f'在训练中从未见过的三台摄像机的真实图像上，{real.n} 个种子的差为 {real.mAP_difference:+.3f}'
                  f'（p = {real.difference_p:.2f}，`roadside`）：种子之间的差异大于模型之间的差异。保留哪些令牌，'
                  '以及用一个普通 FFN 代替专家，影响都小于种子（`choice_tokens`、`experts`）。'}[lang]


def _camera() -> SimpleNamespace:
    "What a stream of R50 costs, over all timed clips."
    t = _table('camera_latency')
    return SimpleNamespace(films=len(t), of_dense_flops=t.of_dense_flops.mean(), faster=t.faster.mean(),
                           slowest=t.faster.min(), fastest=t.faster.max(), threads=t.threads[0])


def _tiles_line(lang: str) -> str:
    t = _tiles().query("backbone == 'presnet50' and how == 'eager'").set_index('model')
    k, theirs = t.loc[f'tiles, {GLANCE}, 0.35'], t.loc['transformers']
    n = _table('tiles_network').set_index(['way', 'choice', 'budget'])
    seen, dense = n.loc[('network_long_teacher_ungated', 'learned', 'average')], n.loc[('long_twin', 'all', 'all')]
    return {'en': f'**Pruning before the backbone does.** With {k.kept_share:.0%} of the 64-pixel tiles, chosen by a '
                  f'glance that has seen ImageNet, the same R50 needs {k.of_dense_flops:.0%} of the FLOPs and runs '
                  f'{k.faster:.2f}x as fast as our dense R50, {k.faster / theirs.faster:.2f}x as fast as that of '
                  f'transformers ({k.threads} threads, `tiles_latency`, [chapter 13](13_tiles.ipynb)). '
                  'On synthetic frames as empty as real roads a small detector with such a glance, taught by its dense '
                  f'twin in a short training, finds mAP {seen.mAP:.3f} in {seen.kept_share:.0%} of its tiles, and the '
                  f'twin {dense.mAP:.3f} (p = {seen.to_long_twin_p:.2f}, {dense.seeds} seeds, `tiles_network`, '
                  '[chapter 13c](13c_glance.ipynb)).',
            'zh': f'**在主干网络之前剪枝则有效。** 由见过 ImageNet 的选块网络选取 {k.kept_share:.0%} 的 64 像素分块时，'
                  f'同一个 R50 需要 {k.of_dense_flops:.0%} 的 FLOPs，速度为我们稠密 R50 的 {k.faster:.2f} 倍，'
                  f'为 transformers 的 {k.faster / theirs.faster:.2f} 倍（{k.threads} 线程，`tiles_latency`，'
                  '[第 13 章](13_tiles.ipynb)）。在空旷程度接近真实道路的合成图像上，'
                  f'带这种选块网络的小型检测器以其稠密模型为教师，短时训练后用 {seen.kept_share:.0%} 的分块得到 mAP '
                  f'{seen.mAP:.3f}，稠密模型为 {dense.mAP:.3f}（p = {seen.to_long_twin_p:.2f}，{dense.seeds} 个种子，'
                  '`tiles_network`，[第 13c 章](13c_glance.ipynb)）。'}[lang]


def _camera_line(lang: str) -> str:
    c, r = _camera(), _table('camera_accuracy').query("film == 'vtest'").set_index('way')
    s, d, h, m = (r.loc[k] for k in ('stream', 'dense', 'every 3rd frame, held', 'dense, mobilenetv4_conv_small_050'))
    return {'en': '**A camera that stands still need not compute what it has seen.** On a real clip a stream '
                  f'computes {s.tiles:.0%} of the tiles and finds mAP {s.mAP:.3f}, the same detector frame by '
                  f'frame {d.mAP:.3f}; to compute every third frame and hold its boxes gives {h.mAP:.3f}, a smaller '
                  f'backbone with {m.gflops / s.gflops:.2f}x the operations of the stream {m.mAP:.3f} (persons, small '
                  f'detector, one seed, `camera_accuracy`). R50 runs {c.slowest:.2f}x to {c.fastest:.2f}x as fast on '
                  f'{c.films} clips, with {c.of_dense_flops:.0%} of the FLOPs on average ({c.threads} threads, '
                  '`camera_latency`, [chapter 14](14_camera.ipynb)). A camera that sways is held still first '
                  '([chapter 14b](14b_steady.ipynb)).',
            'zh': f'**固定摄像机不必重算已经看过的内容。** 在一段真实视频上，流式检测只计算 {s.tiles:.0%} 的分块，mAP 为 '
                  f'{s.mAP:.3f}，逐帧计算为 {d.mAP:.3f}；每三帧计算一次并保持检测框则为 {h.mAP:.3f}，'
                  f'换用较小的骨干网络（计算量为流式检测的 {m.gflops / s.gflops:.2f} 倍）为 {m.mAP:.3f}'
                  f'（行人，小型检测器，单个种子，`camera_accuracy`）。R50 在 {c.films} 段视频上快 {c.slowest:.2f} 至 '
                  f'{c.fastest:.2f} 倍，平均 FLOPs 为 {c.of_dense_flops:.0%}（{c.threads} 线程，`camera_latency`，'
                  '[第 14 章](14_camera.ipynb)）。晃动的摄像机先稳住画面（[第 14b 章](14b_steady.ipynb)）。'}[lang]


def _digits_line(lang: str) -> str:
    table, rounds = _table('precision').set_index(['model', 'mixed_precision']), _table('precision').rounds.iloc[0]
    r50, r18, tiles = (table.loc[(m, 'bf16')] for m in ('rtdetr_presnet50', 'rtdetr_presnet18', 'dset_tiles_presnet50'))
    medians = table.p50_ms['dset_tiles_presnet50', 'no'] / tiles.p50_ms       # of medians, and of pairs of one round
    low, high = sorted((medians, tiles.faster))
    ap, threads = _table('precision_ap'), int(_provenance('precision')['threads'])
    runs, mean = len(ap) // 2, ap.groupby('mixed_precision').mAP.mean()
    return {'en': '**Fewer digits save as much and cost next to nothing, where the hardware has them.** On a '
                  f'processor that multiplies bf16, a deployed R50 runs {r50.faster:.2f}x as fast as in '
                  f'float32, R18 {r18.faster:.2f}x, and R50 with 35% of its tiles another {low:.1f}x to {high:.1f}x, '
                  'depending on whether medians are compared or rounds '
                  f'({threads} threads, {rounds} rounds, `precision`); {runs} small trained detectors find mAP '
                  f'{mean["bf16"]:.4f} on average instead of {mean["no"]:.4f} (`precision_ap`). '
                  '`--mixed_precision auto` asks the processor ([chapter 28](28_deploy.ipynb)).',
            'zh': '**在硬件支持时，降低数值精度同样省时，而且几乎没有代价。** 在能以硬件计算 bf16 的处理器上，'
                  f'部署后的 R50 速度为 float32 的 {r50.faster:.2f} 倍，R18 为 {r18.faster:.2f} 倍，'
                  f'只计算 35% 分块的 R50 再快 {low:.1f} 至 {high:.1f} 倍，取决于比较中位数还是比较各轮（{threads} 线程，'
                  f'{rounds} 轮，`precision`）；{runs} 个训练好的小型检测器的平均 mAP 为 {mean["bf16"]:.4f}，'
                  f'不降低精度时为 {mean["no"]:.4f}（`precision_ap`）。`--mixed_precision auto` 会询问处理器'
                  '（[第 28 章](28_deploy.ipynb)）。'}[lang]


def demo(lang: str = 'en') -> Markdown:
    "What `make run` gave."
    s = _table('standin_demo').iloc[0]
    said = {'en': f'It ended here with mAP@0.5 {s.AP50:.3f} and mAP@[.5:.95] {s.AP:.3f} ({s.model}, its backbone from '
                  f'`{s.pretrained}`; {s.data}, split {s.split}; seed {s.seed}; {s.device}; commit {s.commit}).',
            'zh': f'此处的结果：mAP@0.5 {s.AP50:.3f}，mAP@[.5:.95] {s.AP:.3f}（{s.model}，主干网络取自 `{s.pretrained}`；'
                  f'{s.data}，split {s.split}；seed {s.seed}；{s.device}；commit {s.commit}）。'}
    return Markdown(said[lang])
