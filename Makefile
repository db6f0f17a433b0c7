# dset: `make` prints this help. Every target sets itself up; a fresh machine needs python >= 3.10, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
GRID   ?= params/smoke.yaml
.PHONY: help setup run experiments benchmark test check export render readme book lab clean

help: ## print this help
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: $(READY) ## make .venv and install everything into it, with LOWEST=1 the oldest versions that settings.ini allows

$(READY): settings.ini pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v <= (3, 13) else "dset needs Python 3.10 to 3.13, and $(PYTHON) is %d.%d; say which one to use: make setup PYTHON=python3.12" % v)'
	@echo "Setting up $(VENV): PyTorch and friends, several GB, a few minutes the first time ..."
	@$(PYTHON) -m venv $(VENV)
	@$(if $(LOWEST),$(BIN)/python tools/lowest.py > $(VENV)/lowest.txt)
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' $(if $(LOWEST),-c $(VENV)/lowest.txt)
	@touch $@
	@echo "Done: source $(BIN)/activate, or use make."

run: $(READY) ## draw a stand-in data set, train, evaluate, show pictures (two CPU cores suffice)
	@$(BIN)/python tools/demo.py

experiments: $(READY) ## run a grid of experiments, resume it, compare: GRID=params/smoke.yaml (Python 3.11 or newer)
	@$(BIN)/python -m dset.experiments run '$(GRID)' $(ARGS)

benchmark: $(READY) ## measure training, evaluation and latency beside transformers, on the GPU or CPU there is: results/benchmark.csv
	@$(BIN)/python tools/benchmark.py $(ARGS)

test: $(READY) ## check the tree, run every chapter's tests and one smoke pass of the experiments
	@$(BIN)/python tools/test.py

check: $(READY) ## clean -> no diff, export -> no diff, README = rendered index, no orphan module
	@$(BIN)/python tools/check.py

export: $(READY) ## write dset/*.py from the chapters
	@$(BIN)/nbdev_export

render: $(READY) ## execute the chapters and keep their outputs (make render CHAPTERS=nbs/03_encoder.ipynb for one)
	@$(BIN)/jupyter nbconvert --to notebook --execute --inplace --log-level=WARN $(or $(CHAPTERS),$(wildcard nbs/*.ipynb nbs/checks/*.ipynb nbs/appendix/*.ipynb))
	@$(BIN)/nbdev_clean

readme: $(READY) ## write README.md from nbs/index.ipynb
	@$(BIN)/python tools/readme.py

book: $(READY) ## build the book as a website, from the committed outputs: _docs/html/index.html
	@$(BIN)/python tools/book.py

lab: $(READY) ## open the chapters in JupyterLab
	@cd nbs && ../$(BIN)/jupyter lab index.ipynb

clean: ## delete .venv and everything built; data and logs stay
	rm -rf $(VENV) build dist _docs *.egg-info
