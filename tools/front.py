"""The tables and sentences of the front pages that hold numbers, read from `results/`; one source for both languages."""
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from IPython.display import Markdown

RESULTS = Path(__file__).resolve().parents[1] / 'results'

TEXT = {   # English, Chinese
    'model': ('model', '模型'), 'gflops': ('GFLOPs at 640x640', 'GFLOPs（640x640）'), 'of_dense': ('of dense R50', '相对稠密 R50'), 'eager': ('eager, ms', '即时执行，毫秒'),
    'deployed': ('deployed, ms', '部署后，毫秒'), 'onnx': ('ONNX Runtime, ms', 'ONNX Runtime，毫秒'), 'map': ('mAP, synthetic, one seed', 'mAP（合成数据，单个随机种子）'), 'when': ('take it when', '适用场合'),
    'rtdetr_presnet50': ('accuracy comes first', '精度优先'), 'dset_presnet50': ('dominated: no cheaper than dense, slower when deployed', '被支配：不比稠密便宜，部署后更慢'),
    'rtdetr_presnet18': ('time is short and every picture is full', '时间紧、画面拥挤'), 'dset_presnet18': ('you want the sparse parts to study them', '用于研究稀疏部件'),
    'dset_hgnetv2_b2': ('dominated by dense R18 here: slower and less accurate', '此处被稠密 R18 支配：更慢，精度更低'),
    'stream': ('the camera stands still', '摄像机固定不动'), 'of_stream': ('as fast as frame by frame', '倍于逐帧计算'),
    'preset': (', as it comes', '（预设值）'), 'as_dense': ('as fast as its dense twin', '倍于其稠密模型'), 'tiles': ('the road is mostly empty; train it with tiles first, with a pretrained glance (chapter 13c)', '路面大多空旷；需先以分块训练，并用预训练的选块网络（第 13c 章）'),
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


def account() -> pd.Series: return _table('compute_account').query('height == 640 and width == 640').set_index(['preset', 'component'])['gflops']


def models(lang: str = 'en') -> Markdown:
    "The one table: what each model costs, what it found on synthetic frames, and when to take it."
    flops, ms = account(), _table('latency_cpu').set_index(['model', 'beside', 'how'])['p50_ms']
    scores = _table('backbones').set_index('model')['mAP']
    dense, rows = flops['rtdetr_presnet50', 'total'], []
    for preset, model, beside in (('rtdetr_presnet50', 'ours, dense', 'R50'), ('dset_presnet50', 'ours, DSET', 'R50'), ('rtdetr_presnet18', 'ours, dense', 'R18'),
                                  ('dset_presnet18', 'ours, DSET', 'R18'), ('dset_hgnetv2_b2', 'ours, DSET on HGNetv2-B2', 'R50')):
        times = [f'{ms[model, beside, how]:.0f}' for how in ('eager', 'deployed', 'ONNX Runtime')]
        rows.append((f'`{preset}`', f"{flops[preset, 'total']:.1f}", f"{flops[preset, 'total'] / dense:.0%}", *times, f'{scores[preset]:.3f}' if preset in scores else '', _say(preset, lang)))
    tiles = _table('tiles_latency').query('height == 640 and width == 640 and batch == 1')
    whole = tiles.query("backbone == 'presnet50' and model == 'dense'").gflops.iloc[0]
    for backbone, keep in (('presnet50', .35), ('presnet50', .3), ('presnet18', .35), ('presnet18', .3)):
        r = tiles.query('backbone == @backbone and keep == @keep').set_index('how')
        gflops = r.gflops['eager']
        rows.append((f'`dset_tiles_{backbone}`, {keep:.0%}{_say("preset", lang) if keep == .3 else ""}', f'{gflops:.1f}', f"{gflops / whole:.0%}", *[f'{r.faster[how]:.2f}x {_say("as_dense", lang)}' for how in ('eager', 'deployed', 'ONNX Runtime')], '', _say('tiles', lang)))
    c = _camera()
    rows.append(('`rtdetr_presnet50`, `Stream`', f'{whole * c.of_dense_flops:.1f}', f'{c.of_dense_flops:.0%}', f'{c.faster:.2f}x {_say("of_stream", lang)}', '', '', '', _say('stream', lang)))
    s = _table('latency_cpu').iloc[0]
    note = {'en': f'Milliseconds: median of {s.repeats} rounds in turns, one image, {s.threads} threads, {s.precision}, {s.device}, torch {s.torch}, commit {s.commit} (`latency_cpu`). FLOPs: chapter 23 (`compute_account`). '
                  f'mAP: 4 epochs at 128x224 on synthetic frames from random weights, seed 0 (`backbones`): one seed says little. Tiles: so many of the 64-pixel tiles, speed against its dense twin in the same process (`tiles_latency`). Stream: mean over {c.films} real clips (`camera_latency`).',
            'zh': f'毫秒：轮流测量 {s.repeats} 轮的中位数，单张图像，{s.threads} 线程，{s.precision}，{s.device}，torch {s.torch}，commit {s.commit}（`latency_cpu`）。FLOPs：第 23 章（`compute_account`）。'
                  f'mAP：合成图像，128x224，随机初始化训练 4 轮，种子 0（`backbones`）：单个种子说明不了什么。分块：只计算该比例的 64 像素分块，速度与同一进程中的稠密模型比较（`tiles_latency`）。Stream：{c.films} 段真实视频的平均（`camera_latency`）。'}[lang]
    return markdown([tuple(_say(k, lang) for k in ('model', 'gflops', 'of_dense', 'eager', 'deployed', 'onnx', 'map', 'when')), *rows], note)


def findings(lang: str = 'en') -> Markdown:
    "Five findings as bullets, every number out of a table."
    flops, ms = account(), _table('latency_cpu').set_index(['model', 'beside', 'how'])['p50_ms']
    whole = flops['dset_presnet50', 'total'] / flops['rtdetr_presnet50', 'total']
    encoder = flops['dset_presnet50', 'encoder FFN'] / flops['rtdetr_presnet50', 'encoder FFN']
    sparse, dense = ms['ours, DSET', 'R50', 'deployed'], ms['ours, dense', 'R50', 'deployed']
    t = _table('tiny').set_index('model')
    d, p, n = t.mAP_difference['dset_tiny'], t.difference_p['dset_tiny'], t.n['dset_tiny']
    c = _table('choice_tokens').query("setting == 'supervised' and keep in (.3, 1.)").set_index('ranking')
    real = _table('roadside').set_index('model').loc['dset']
    kept = {k: f'{c.mAP[k]:.3f}' for k in ('learned', 'random', 'boxes', 'all')}
    e = _table('experts').set_index('model')
    one, many = e.loc['equal_compute'], e.loc['experts']
    lines = {'en': [f'**Token pruning and experts do not make RT-DETR cheaper.** They cut the encoder FFN to {encoder:.0%}, as promised, and the whole R50 model to {whole:.0%}: the layer they act on is too small. Deployed, DSET-R50 takes {sparse:.0f} ms and the dense model {dense:.0f} ms.',
                    f'**Nor do they change what it sees.** Against its dense twin the small DSET gains {d:+.3f} mAP over {n} seeds (p = {p:.2f}, synthetic frames), and on real pictures of three cameras that training never saw {real.mAP_difference:+.3f} over {real.n} (p = {real.difference_p:.2f}, `roadside`): seeds differ more than models. Which of its tokens stay hardly matters: 30% of those of stride 32 find mAP {kept["learned"]} by the learned score, {kept["random"]} at random, {kept["boxes"]} by the true boxes, all of them {kept["all"]} ({c.seeds["all"]} seeds, `choice_tokens`). One dense FFN of equal compute in the place of all experts finds {one.mAP:.3f}, the experts {many.mAP:.3f} ({one.difference_n} seeds, p = {one.difference_p:.2f}, `experts`).'],
             'zh': [f'**令牌剪枝与专家并不能让 RT-DETR 更便宜。** 编码器 FFN 如承诺降到 {encoder:.0%}，而整个 R50 模型仍为 {whole:.0%}：它们作用的层太小。部署后 DSET-R50 需 {sparse:.0f} 毫秒，稠密模型 {dense:.0f} 毫秒。',
                    f'**它们也不改变检测结果。** 与稠密模型相比，小型 DSET 在 {n} 个种子上的 mAP 差为 {d:+.3f}（p = {p:.2f}，合成图像）；在训练中从未见过的三台摄像机的真实图像上，{real.n} 个种子的差为 {real.mAP_difference:+.3f}（p = {real.difference_p:.2f}，`roadside`）：种子之间的差异大于模型之间的差异。保留哪些令牌几乎无关紧要：步长 32 的令牌按学到的分数保留 30% 得 mAP {kept["learned"]}，随机保留得 {kept["random"]}，按真实框保留得 {kept["boxes"]}，全部令牌得 {kept["all"]}（{c.seeds["all"]} 个种子，`choice_tokens`）。用一个计算量相同的稠密 FFN 代替全部专家得 {one.mAP:.3f}，专家得 {many.mAP:.3f}（{one.difference_n} 个种子，p = {one.difference_p:.2f}，`experts`）。']}[lang]
    lines.append(_tiles_line(lang))
    lines.append(_camera_line(lang))
    lines.append(_digits_line(lang))
    return Markdown('\n'.join(f'- {line}' for line in lines))


def _camera() -> SimpleNamespace:
    "What a stream of R50 costs, over all timed clips."
    t = _table('camera_latency')
    return SimpleNamespace(films=len(t), of_dense_flops=t.of_dense_flops.mean(), faster=t.faster.mean(),
                           slowest=t.faster.min(), fastest=t.faster.max(), threads=t.threads[0])


def _tiles_line(lang: str) -> str:
    t = _table('tiles_latency').query("height == 640 and width == 640 and batch == 1 and how == 'eager' and backbone == 'presnet50'")
    k, s, ms = t.set_index('keep').loc[.35], t.iloc[0], t.set_index('model')['p50_ms']
    theirs = k.faster * ms['transformers'] / ms['dense']
    r = _table('tiles_study').set_index(['choice', 'budget', 'keep'])
    half, random, twin = (r.loc[x] for x in (('learned at half size', 'average', .35), ('random', 'average', .35), ('twin', 'all', 1.)))
    n = _table('tiles_network').set_index(['way', 'choice', 'budget'])
    seen, dense = n.loc[('network_long_teacher', 'learned', 'average')], n.loc[('long_twin', 'all', 'all')]
    return {'en': f'**Pruning before the backbone does.** With {k.kept_share:.0%} of the 64-pixel tiles the same R50 needs {k.of_dense_flops:.0%} of the FLOPs and runs {k.faster:.2f}x as fast as our dense R50, {theirs:.2f}x as fast as that of transformers ({s.threads} threads, `tiles_latency`, [chapter 13](13_tiles.ipynb)). '
                  f'It costs accuracy: on synthetic frames as empty as real roads a small detector finds mAP {seen.mAP:.3f} in {seen.kept_share:.0%} of its tiles where a network with ImageNet weights chooses them and the dense twin teaches; the twin finds {dense.mAP:.3f} ({dense.seeds} seeds, `tiles_network`, [chapter 13c](13c_glance.ipynb)). With neither, in fewer epochs, it is {half.mAP:.3f} in {half.kept_share:.0%}, {random.mAP:.3f} in {random.kept_share:.0%} at random, and {twin.mAP:.3f} dense ({twin.seeds} seeds, `tiles_study`).',
            'zh': f'**在主干网络之前剪枝则有效。** 只计算 {k.kept_share:.0%} 的 64 像素分块时，同一个 R50 需要 {k.of_dense_flops:.0%} 的 FLOPs，速度为我们稠密 R50 的 {k.faster:.2f} 倍，为 transformers 的 {theirs:.2f} 倍（{s.threads} 线程，`tiles_latency`，[第 13 章](13_tiles.ipynb)）。'
                  f'精度有代价：在空旷程度接近真实道路的合成图像上，若由带 ImageNet 权重的网络选块、并以稠密模型为教师，小型检测器用 {seen.kept_share:.0%} 的分块得到 mAP {seen.mAP:.3f}，稠密模型为 {dense.mAP:.3f}（{dense.seeds} 个种子，`tiles_network`，[第 13c 章](13c_glance.ipynb)）。两者皆无、轮数较少时，用 {half.kept_share:.0%} 的分块得 {half.mAP:.3f}，随机选取 {random.kept_share:.0%} 得 {random.mAP:.3f}，稠密为 {twin.mAP:.3f}（{twin.seeds} 个种子，`tiles_study`）。'}[lang]


def _camera_line(lang: str) -> str:
    c, r = _camera(), _table('camera_accuracy').query("film == 'vtest'").set_index('way')
    s, d, h, m = (r.loc[k] for k in ('stream', 'dense', 'every 3rd frame, held', 'dense, mobilenetv4_conv_small_050'))
    w = _table('camera_accuracy').query("film == 'synthetic, shakes by 4 pixels'").set_index('way')
    wind, steady = w.loc['stream'], w.loc['steady stream']
    one = _table('camera_accuracy').query("film == 'synthetic, shakes by 1 pixel'").set_index('way')
    breeze, calm = one.loc['stream'], one.loc['steady stream']
    return {'en': f'**A camera that stands still need not compute what it has seen.** On a real clip a stream computes {s.tiles:.0%} of the tiles and finds mAP {s.mAP:.3f}, the same detector frame by frame {d.mAP:.3f}; to compute every third frame and hold its boxes gives {h.mAP:.3f}, a smaller backbone with {m.gflops / s.gflops:.2f}x the operations of the stream {m.mAP:.3f} (persons, small detector, one seed, `camera_accuracy`). '
                  f'R50 runs {c.slowest:.2f}x to {c.fastest:.2f}x as fast on {c.films} clips, with {c.of_dense_flops:.0%} of the FLOPs on average ({c.threads} threads, `camera_latency`, [chapter 14](14_camera.ipynb)). In the wind, swaying by up to 4 pixels, it would compute {wind.tiles:.0%} of the tiles; held still by phase correlation {steady.tiles:.0%}, mAP {steady.mAP:.3f} instead of {wind.mAP:.3f}; by up to 1 pixel {calm.tiles:.0%} instead of {breeze.tiles:.0%}, mAP {calm.mAP:.3f} instead of {breeze.mAP:.3f} (synthetic films, one detector, [chapter 14b](14b_steady.ipynb)).',
            'zh': f'**固定摄像机不必重算已经看过的内容。** 在一段真实视频上，流式检测只计算 {s.tiles:.0%} 的分块，mAP 为 {s.mAP:.3f}，逐帧计算为 {d.mAP:.3f}；每三帧计算一次并保持检测框则为 {h.mAP:.3f}，换用较小的骨干网络（计算量为流式检测的 {m.gflops / s.gflops:.2f} 倍）为 {m.mAP:.3f}（行人，小型检测器，单个种子，`camera_accuracy`）。'
                  f'R50 在 {c.films} 段视频上快 {c.slowest:.2f} 至 {c.fastest:.2f} 倍，平均 FLOPs 为 {c.of_dense_flops:.0%}（{c.threads} 线程，`camera_latency`，[第 14 章](14_camera.ipynb)）。摄像机在风中晃动（至多 4 像素）时，流式检测要计算 {wind.tiles:.0%} 的分块；用相位相关稳住画面后为 {steady.tiles:.0%}，mAP 为 {steady.mAP:.3f}，原为 {wind.mAP:.3f}；晃动至多 1 像素时为 {calm.tiles:.0%}，原为 {breeze.tiles:.0%}，mAP 为 {calm.mAP:.3f}，原为 {breeze.mAP:.3f}（合成视频，单个检测器，[第 14b 章](14b_steady.ipynb)）。'}[lang]


def _digits_line(lang: str) -> str:
    t = _table('precision').query("mixed_precision == 'bf16'").set_index('model')
    r50, r18, tiles = (t.faster[m] for m in ('rtdetr_presnet50', 'rtdetr_presnet18', 'dset_tiles_presnet50'))
    rounds, threads = t.rounds.iloc[0], int(_provenance('precision')['threads'])
    ap = _table('precision_ap')
    runs, mean = len(ap) // 2, ap.groupby('mixed_precision').mAP.mean()
    return {'en': f'**Fewer digits save as much and cost next to nothing, where the hardware has them.** On a processor that multiplies bf16, a deployed R50 runs {r50:.2f}x as fast as in float32, R18 {r18:.2f}x, and R50 with 35% of its tiles another {tiles:.2f}x ({threads} threads, {rounds} rounds, `precision`); {runs} small trained detectors find mAP {mean["bf16"]:.4f} on average instead of {mean["no"]:.4f} (`precision_ap`). `--mixed_precision auto` asks the processor ([chapter 28](28_deploy.ipynb)).',
            'zh': f'**在硬件支持时，降低数值精度同样省时，而且几乎没有代价。** 在能以硬件计算 bf16 的处理器上，部署后的 R50 速度为 float32 的 {r50:.2f} 倍，R18 为 {r18:.2f} 倍，只计算 35% 分块的 R50 再快 {tiles:.2f} 倍（{threads} 线程，{rounds} 轮，`precision`）；{runs} 个训练好的小型检测器的平均 mAP 为 {mean["bf16"]:.4f}，不降低精度时为 {mean["no"]:.4f}（`precision_ap`）。`--mixed_precision auto` 会询问处理器（[第 28 章](28_deploy.ipynb)）。'}[lang]


def demo(lang: str = 'en') -> Markdown:
    "What `make run` gave."
    s = _table('standin_demo').iloc[0]
    return Markdown({'en': f'It ended here with mAP@0.5 {s.AP50:.3f} and mAP@[.5:.95] {s.AP:.3f} ({s.model}, its backbone from `{s.pretrained}`; {s.data}, split {s.split}; seed {s.seed}; {s.device}; commit {s.commit}).',
                     'zh': f'此处的结果：mAP@0.5 {s.AP50:.3f}，mAP@[.5:.95] {s.AP:.3f}（{s.model}，主干网络取自 `{s.pretrained}`；{s.data}，split {s.split}；seed {s.seed}；{s.device}；commit {s.commit}）。'}[lang])
