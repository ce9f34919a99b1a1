# One command per wish; `make` lists them. Nothing is installed outside this folder.

PY ?= python3
PORT ?= 8700
SEEDS ?= 100000
FUZZ ?= 1000000
CAMPAIGN ?= 1000000
APP ?= examples.demo:app
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PROGRESS := $(PY) scripts/progress.py
PIP := -m pip install --disable-pip-version-check --no-input --progress-bar off
WITH_NODE := env PY=$(PY) scripts/with-node
STATIC := src/gongzhong/console/static
PAGES := $(STATIC)/index.html
PAGE_SOURCES := $(shell find web \( -name node_modules -o -path web/test \) -prune -o -type f ! -name '*.md' -print 2>/dev/null)
PYTEST := $(BIN)/python -m pytest -q

.PHONY: help demo pages types test test-heavy chaos chaos-campaign chaos-short test-pythons test-pages test-schema test-node lint wheel first-hour bench bench-pages lock clean

help: ## 列出所有目标 / list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## 启动演示公众号，PORT=8700 / run the demo account and the platform
	@$(PY) scripts/check_port.py $(PORT)
	@$(MAKE) --silent .venv/.ok $(PAGES)
	@trap : INT TERM; $(BIN)/gongzhong dev $(APP) --port $(PORT) || { code=$$?; [ $$code = 130 ] || exit $$code; }

pages: $(PAGES) ## 构建网页 / build the pages into the package

types: .venv/.dev web/node_modules/.ok ## 由 OpenAPI 文档生成网页的类型 / write the pages' types from the OpenAPI document
	$(BIN)/python scripts/page_document.py | $(WITH_NODE) node web/scripts/types.mjs

test: .venv/.dev ## 不启动程序的 Python 测试 / the tests that start no programs
	$(PYTEST) -n auto --dist loadscope -m "not heavy and not slow and not browser and not first_hour"

test-heavy: .venv/.dev ## 启动真实程序的测试 / the tests that start real programs and servers and wait for them
	$(PYTEST) -n auto --dist loadscope -m "heavy and not slow and not browser and not first_hour"

test-pythons: ## 在本机每个 Python 版本上测试 / the quick tests on every Python of this machine
	$(PY) scripts/test_pythons.py $(ARGS)

chaos: .venv/.dev ## 十万个带种子的世界和一百万个坏输入，SEEDS=1000 FUZZ=10000 更快 / seeded worlds, a million odd inputs
	GONGZHONG_FUZZ=$(FUZZ) $(PYTEST) -n auto --dist worksteal -rP -o log_level=INFO tests/fuzz
	GONGZHONG_SEEDS=$(SEEDS) $(PYTEST) -n auto --dist loadscope tests/simulation
	GONGZHONG_CROWD=full $(PYTEST) -rP tests/chaos --ignore tests/chaos/test_campaign_chaos.py
	@$(MAKE) chaos-campaign

chaos-campaign: .venv/.dev ## 一百万条模板消息，发送进程 50 次被杀，CAMPAIGN=50000 更快 / a million template messages, senders killed 50 times
	GONGZHONG_CROWD=full GONGZHONG_RECIPIENTS=$(CAMPAIGN) $(PYTEST) -s $(ARGS) tests/chaos/test_campaign_chaos.py

chaos-short: .venv/.dev ## 少量用户，进程被杀死或暂停，数据库重启，一台主机断网 / small crowds, workers killed, an engine restarted, a host cut off
	$(PYTEST) -rP -n 5 --dist load tests/chaos

test-pages: .venv/.dev $(PAGES) ## 浏览器测试 / drive the built pages with Chromium
	$(PYTEST) -n auto --dist loadfile -m browser tests

test-node: web/node_modules/.ok ## 网页的单元测试与类型检查 / unit tests and types of the pages
	cd web && PY=$(PY) ../scripts/with-node npm run --silent typecheck
	cd web && PY=$(PY) ../scripts/with-node npm test --silent

test-schema: .venv-schema/.ok ## 按 OpenAPI 生成请求 / requests made from the OpenAPI document
	.venv-schema/bin/python -m pytest -q -n auto tests/schema

lint: .venv/.dev web/node_modules/.ok ## ruff, mypy --strict, pyright
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(WITH_NODE) web/node_modules/.bin/pyright

wheel: .venv/.dev $(PAGES) ## 构建并检查 wheel / build the wheel and look into it
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	$(BIN)/python scripts/check_wheel.py dist

first-hour: wheel ## 用刚构建的 wheel 走一遍新用户的第一个小时 / a newcomer's first hour with the built wheel
	$(PYTEST) -m first_hour tests/first_hour

bench-pages: .venv/.dev $(PAGES) ## 网页的手感：帧、任务、内存、重启 / how the pages feel: frames, tasks, memory, a restart
	@$(BIN)/python benchmarks/pages.py $(ARGS)

bench: .venv/.dev ## 性能测量，ARGS=--quick / run the benchmarks beside other SDKs
	@$(BIN)/python benchmarks/run.py $(ARGS)

lock: ## 更新锁文件，UPGRADE=1 升级 / refresh the lock files
	scripts/lock $(if $(UPGRADE),--upgrade)

clean: ## 删除一切生成物 / remove everything that was generated
	rm -rf .venv .venv-* web/node_modules $(STATIC) dist build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.ok: requirements.lock build.lock pyproject.toml
	@$(PY) scripts/check_python.py
	@$(PROGRESS) "创建 .venv / creating .venv" $(PY) -m venv .venv
	@$(PROGRESS) "安装运行所需的包 / installing what is needed to run" $(BIN)/python $(PIP) --require-hashes -r build.lock -r requirements.lock
	@$(PROGRESS) "安装 gongzhong / installing gongzhong" $(BIN)/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.ok requirements-dev.lock
	@$(PROGRESS) "安装开发工具 / installing the development tools" $(BIN)/python $(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.venv-schema/.ok: requirements.lock build.lock schema.lock pyproject.toml
	@$(PY) scripts/check_python.py
	@$(PROGRESS) "创建 .venv-schema / creating .venv-schema" $(PY) -m venv .venv-schema
	@$(PROGRESS) "安装 schemathesis / installing schemathesis" .venv-schema/bin/python $(PIP) --require-hashes -r build.lock -r schema.lock
	@$(PROGRESS) "安装 gongzhong / installing gongzhong" .venv-schema/bin/python $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

web/node_modules/.ok: web/package.json web/package-lock.json node.lock
	@$(PROGRESS) "安装网页的依赖 / installing what the pages are built with" $(WITH_NODE) npm --prefix web ci --no-audit --no-fund
	@touch $@

$(PAGES): web/node_modules/.ok $(PAGE_SOURCES)
	@$(PROGRESS) "构建网页 / building the pages" $(WITH_NODE) npm --prefix web run build
	@touch $@
