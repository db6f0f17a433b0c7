"What nearly every chapter imports, once for all: `tools/test.py` forks its jobs from a process that has read this."
import accelerate, faster_coco_eval, matplotlib.pyplot, nbdev.test, pandas, peft, scipy.stats, timm, torch, torch._dynamo, torchvision, transformers  # noqa: E401, F401
from transformers import RTDetrForObjectDetection, RTDetrV2ForObjectDetection, Trainer  # noqa: F401
