# Everything a person does with this repository. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help up down clean doctor build generate lock test unit contract statemachine terraform security integration web \
        e2e system upgrade localstack lint bench examples destroy screenshot image push container sam sam-invoke sam-api schema
SHELL := /bin/sh
# How the local SageMaker runs the container's programs: make up RUNNER=docker
RUNNER ?= $(or $(RUNQUOTE_RUNNER),process)
export RUNQUOTE_RUNNER := $(RUNNER)
# Where the system runs: make up BACKEND=compose
BACKEND ?= $(or $(RUNQUOTE_BACKEND),embedded)
export RUNQUOTE_BACKEND := $(BACKEND)
# Who may call, whoever has the key or people who sign in: make up AUTH=cognito
AUTH ?= $(or $(RUNQUOTE_AUTH),api_key)
export RUNQUOTE_AUTH := $(AUTH)
# uv and Node trust what the machine trusts, as pip and git do: proxies sign with certificates of their own.
TRUSTED := $(firstword $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))
ifneq ($(TRUSTED),)
UV_SYSTEM_CERTS ?= true
NODE_EXTRA_CA_CERTS ?= $(TRUSTED)
export UV_SYSTEM_CERTS NODE_EXTRA_CA_CERTS
endif
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
export PYTHONPATH := $(CURDIR)
# Without bytecode every start of the tools would be slower.
unexport PYTHONDONTWRITEBYTECODE

.venv/.installed: requirements/dev.txt tools/bootstrap.sh
	@sh tools/bootstrap.sh

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: .venv/.installed ## Start everything locally: cloud, API, example history, trained models, web app
	@$(PYTHON) -m tools.up

down: .venv/.installed ## Stop all that `make up` started; data stays
	@$(PYTHON) -m tools.down

clean: ## Stop everything and remove its data and builds
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m tools.down --forget; fi
	@rm -rf build/local build/functions web/dist

doctor: ## Say what this machine and its network have, what is missing and how to get it
	@sh tools/bootstrap.sh || true
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m tools.doctor; else exit 1; fi

build: .venv/.installed ## Build the function zips and the web app
	@$(PYTHON) -m tools.build
	@$(PYTHON) -m tools.npm run build

generate: .venv/.installed ## Write what the shapes and the routes make: documents, Terraform, page of rights, the web app's types and bounds
	@$(PYTHON) -m contract.generate
	@$(PYTHON) -m tools.npm run generate

lock: .venv/.installed ## Compile requirements/*.txt anew from pyproject.toml
	@$(PYTHON) -m tools.lock

test: lint unit contract statemachine terraform web container system upgrade localstack ## Every test tier

unit: .venv/.installed ## Logic, ports (moto), the model, the local SageMaker's parts
	@$(PYTEST) tests/unit -n 2

contract: .venv/.installed ## Drift of generated files, names, settings, routes
	@$(PYTHON) -m contract.generate --check
	@$(PYTEST) tests/contract

statemachine: .venv/.installed ## The real state machines: checked as text, and walked to every outcome
	@$(PYTEST) tests/statemachine

terraform: .venv/.installed ## Format, validity, plan for AWS, policies and scans of the Terraform root
	@$(PYTEST) tests/terraform

security: .venv/.installed ## What checkov, parliament, cloudsplaining, cfn-lint and asl-validator say (part of the two tiers above)
	@$(PYTEST) tests/terraform/test_security.py tests/terraform/test_policies.py tests/statemachine/test_definitions.py

integration: .venv/.installed ## The local cloud, and the whole loop against it
	@$(PYTEST) tests/integration

system: .venv/.installed ## `e2e`, `integration`, `sam` and `schema` against one and the same system, first while it holds the examples alone
	@$(PYTEST) tests/e2e tests/integration tests/sam tests/schema -rs

upgrade: .venv/.installed ## A system that the version before made goes on under this one (needs git's history; five to ten minutes)
	@$(PYTEST) tests/upgrade -rs

schema: .venv/.installed ## Everything that the OpenAPI document allows and forbids, asked of the running system (Schemathesis)
	@$(PYTEST) tests/schema

web: .venv/.installed ## Types, logic and every state of the web app in a browser
	@$(PYTHON) -m tools.npm run generate:check
	@$(PYTHON) -m tools.npm run lint
	@$(PYTHON) -m tools.npm test
	@$(PYTHON) -m tools.npm run build
	@$(PYTEST) tests/web -rs

e2e: .venv/.installed ## A browser against the running system
	@$(PYTEST) tests/e2e -rs

container: .venv/.installed ## The model's image as SageMaker runs it (needs Docker)
	@$(PYTEST) tests/container -rs

localstack: .venv/.installed ## LocalStack as the local cloud: state machines, Terraform, the whole loop (docs/backends.md)
	@RUNQUOTE_BACKEND=localstack $(PYTEST) tests/localstack tests/statemachine/test_branches.py \
	  tests/integration/test_loop.py -n 2 --dist loadfile -rs

sam: .venv/.installed ## Every function in SAM CLI's Lambda containers (needs Docker)
	@$(PYTEST) tests/sam -rs

sam-invoke: .venv/.installed ## Run a function in SAM's container: make sam-invoke FUNCTION=predict EVENT=tests/events/predict.json
	@$(PYTHON) -m tools.sam invoke "$${FUNCTION:?set FUNCTION to a folder of functions/}" \
	  "$${EVENT:-tests/events/$$FUNCTION.json}"

sam-api: .venv/.installed ## Serve the API from SAM's containers on port 3000 (RUNQUOTE_SAM_PORT)
	@$(PYTHON) -m tools.sam start-api --port "$${RUNQUOTE_SAM_PORT:-3000}"

image: .venv/.installed ## Build the model's image (RUNQUOTE_BUILD_NETWORK=host if the engine needs it to reach PyPI)
	@$(PYTHON) -m tools.image

push: .venv/.installed ## Build the model's image and push it to ECR: make push TAG=0.1.0
	@$(PYTHON) -m tools.aws.push --tag "$${TAG:?set TAG to a new tag}"

lint: .venv/.installed ## Format, lint and types of the Python code
	@.venv/bin/ruff format --check -q .
	@.venv/bin/ruff check -q .
	@.venv/bin/mypy

bench: .venv/.installed ## Accuracy and speed against named peers, the start of the model's image, and the web app's pages by Lighthouse (set RUNQUOTE_BENCHMARK to a folder of run histories)
	@$(PYTHON) -m bench

examples: .venv/.installed ## Measure the example histories anew (about an hour; installs bwa, samtools, salmon, plink2 …)
	@sh examples/setup
	@build/examples/venv/bin/python examples/measure.py

destroy: .venv/.installed ## Delete a deployment on AWS, endpoints included (asks first; see docs/operating.md)
	@$(PYTHON) -m tools.aws.teardown --name-prefix "$$(terraform -chdir=terraform output -raw name_prefix)" \
	  --region "$$(terraform -chdir=terraform output -raw region)"
	@terraform -chdir=terraform destroy

screenshot: .venv/.installed ## Take the pictures of README and docs from the running system
	@url=$$($(PYTHON) -c 'import json; print(json.load(open("build/local/outputs.json"))["web_url"])') && \
	  $(PYTHON) -m tools.npm run screenshots -- "$$url" ../docs/images
