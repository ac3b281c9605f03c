# Two commands do everything: "make demo" shows it, "make test" proves it. Both make .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# One thread per process: the daemon's own setting, and the machine has other work.
export OPENBLAS_NUM_THREADS := 1

# No file is made from one of its name with another ending: "make install" would copy install.sh.
.SUFFIXES:

.PHONY: help demo test lint format unit system bench golden clean

help:
	@echo "make demo    live through a simulated night: no hardware, broker or root needed"
	@echo "make test    lint, types, unit tests and tests on real servers"
	@echo "make unit    only the tests that need no server (seconds)"
	@echo "make bench   speed, as ratios in one run"
	@echo "make torture the fault campaign: 200 rounds of crashes, dead brokers, dead cards (half an hour)"
	@echo "make home-assistant  install a real one for the tests that ask it (1 GB, once)"
	@echo "make mutants small wrong changes to the core: would the unit tests notice? (five minutes)"
	@echo "make cluster a broker and its reserve: killed and unplugged while 200 boxes publish"
	@echo "make soak    thirty simulated days: memory, journal, what the card is given (an hour)"
	@echo "make fuzz    look for inputs that break something, FUZZ_S seconds for each reader"
	@echo "make audit   known weaknesses of the pinned packages; make lock pins them anew"
	@echo "make deb     Debian packages for Bookworm and Trixie, for PCs and for the Pi"
	@echo "make test-install  the packages on clean systems: install, upgrade, remove (as root)"
	@echo "make golden  regenerate the golden nights; look at the diff before you commit it"
	@echo "make pictures the documents' pictures of the page and of Home Assistant's dashboard"
	@echo "make sentences  every sentence that a phone may show, with its place, for a translator"

demo: $(VENV)/.demo
	@$(BIN)/nursery demo --page

# "make -k test" goes on after the first of the three that fails.
test: libraries lint unit system

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

unit: $(VENV)/.dev
	@$(BIN)/python -m pytest -m "not system" -n auto

# Tests on real servers mostly wait: more of them run side by side than there are processors.
SIDE_BY_SIDE ?= 6
system: $(VENV)/.dev libraries
	@$(BIN)/python -m pytest -m system -n $(SIDE_BY_SIDE) --dist loadgroup --no-loadscope-reorder

# A real Home Assistant for tests/system/test_home_assistant*.py: two minutes, one gigabyte, no root.
.PHONY: home-assistant
home-assistant:
	@tests/system/home_assistant/setup.sh

golden: $(VENV)/.dev
	@$(BIN)/python -m tests.golden.regenerate

.PHONY: sentences
sentences: $(VENV)/.dev
	@$(BIN)/python -m tests.sentences

# Needs chromium's shell; looks at the page of the demo and writes docs/page-*.png.
.PHONY: pictures
pictures: $(VENV)/.dev
	@tools/need chromium-headless-shell,fonts-dejavu-core sh -c 'command -v chromium-headless-shell'
	@$(BIN)/python -m tests.pictures
	@$(BIN)/python -m tests.system.home_assistant.pictures

bench: $(VENV)/.dev
	@for script in tests/bench/bench_*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

.PHONY: libraries
libraries:
	@tools/need libportaudio2 sh -c 'ldconfig -p | grep -q libportaudio'
	@tools/need mosquitto sh -c 'PATH=$$PATH:/usr/sbin command -v mosquitto'
	@tools/need pulseaudio,pulseaudio-utils,libasound2-plugins sh -c 'command -v pulseaudio && command -v paplay && ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so'
	@tools/need iproute2 sh -c 'PATH=$$PATH:/usr/sbin:/sbin command -v ip'
	@tools/need openssl sh -c 'command -v openssl'
	@tools/need systemd sh -c 'command -v systemd-analyze'
	@tools/need libasound2-dev test -f /usr/include/alsa/pcm_external.h
	@tools/need chromium-headless-shell,fonts-dejavu-core sh -c 'command -v chromium-headless-shell'
	@command -v vmalert >/dev/null || tools/unpack victoria-metrics $(VENV)/victoria-metrics
	@tools/need gcc,libc6-dev sh -c 'echo "int main(void){return 0;}" | cc -x c -o /dev/null -'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; $(PYTHON) is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@tools/need python3-venv $(PYTHON) -c 'import ensurepip'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml Makefile
	@echo "setting up .venv (once)"
	@$(BIN)/python -m pip install -q -e '.[demo,page]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	@echo "setting up .venv for the tests (once)"
	@$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@ $(VENV)/.demo

# The fault campaign: everything broken around a real box, many times; as root the card is a tmpfs.
# make torture ROUNDS=200 SEED=1 WORLDS=5; figures in tests/system/campaign/README.md and campaign.json.
# Every round is kept in campaign.rounds: RESUME=--resume goes on with what is missing there.
# STRICT=--strict allows 10 s beyond the stated delays, also on a machine with other work.
ROUNDS ?= 200
SEED ?= 1
WORLDS ?= 5
.PHONY: torture
torture: $(VENV)/.dev libraries
	@$(BIN)/python -m tests.system.campaign --rounds $(ROUNDS) --seed $(SEED) --worlds $(WORLDS) \
		--json campaign.json $(RESUME) $(STRICT)

# The core as 64-bit ARM programs under qemu; twelve minutes, no root.
.PHONY: test-arm64
test-arm64:
	@tools/need qemu-user-static sh -c 'command -v qemu-aarch64-static'
	@tools/test-arm64

# A broker and its reserve, a node killed and unplugged while 200 boxes publish; as root, five minutes.
.PHONY: cluster
cluster: $(VENV)/.dev libraries
	@tools/need ejabberd sh -c 'PATH=$$PATH:/usr/sbin command -v ejabberdctl'
	@tools/need keepalived sh -c 'PATH=$$PATH:/usr/sbin command -v keepalived'
	@NURSERY_CLUSTER_TEST=1 $(BIN)/python -m pytest tests/system/test_cluster.py

# The unit booted by a real systemd in a container; needs root, one minute after the first time.
.PHONY: test-boot
test-boot: $(VENV)/.dev
	@tools/need debootstrap,systemd-container sh -c 'command -v debootstrap && command -v systemd-nspawn'
	@NURSERY_BOOT_TEST=1 $(BIN)/python -m pytest tests/system/test_boot.py

# Debian packages for Bookworm and Trixie, for PCs and for the Pi, into dist/; wheels are fetched with
# the hashes of requirements.lock. make deb DEB="--release trixie --arch arm64" builds one.
.PHONY: deb
deb:
	@tools/need dpkg-dev,xz-utils,python3-pip sh -c 'command -v dpkg-deb && command -v xz && python3 -m pip --version'
	@python3 tools/deb $(DEB)

# The packages on clean Bookworm and Trixie systems, booted by a real systemd in a container:
# installed, paired, alerted, rebooted, upgraded, removed. Needs root; a quarter of an hour.
.PHONY: test-install
test-install: $(VENV)/.dev
	@tools/need debootstrap,systemd-container,lintian sh -c 'command -v debootstrap && command -v systemd-nspawn && command -v lintian'
	@NURSERY_INSTALL_TEST=1 $(BIN)/python -m pytest tests/system/test_package*.py tests/system/test_install_sh.py

# Thirty simulated days through the real daemon, about an hour; as root it also counts what the
# card is given, on a file system of its own.
.PHONY: soak
soak: $(VENV)/.dev libraries
	@nice -n 10 $(BIN)/python -m tests.system.soak

# Coverage-guided fuzzing of everything that reads bytes, FUZZ_S seconds for each of the targets in
# tests/fuzz/targets.py, then the commands through the whole box with FUZZ_EXAMPLES random talks.
FUZZ_S ?= 60
FUZZ_EXAMPLES ?= 1000
.PHONY: fuzz
fuzz: $(VENV)/.dev
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install -q -e '.[fuzz]'
	@$(BIN)/python -m tests.fuzz.run $(FUZZ_S)
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest tests/test_hostile_commands.py

# Would the unit tests of the core notice? A seeded sample of small wrong changes, five minutes.
SAMPLE ?= 100
.PHONY: mutants
mutants: $(VENV)/.dev
	@$(BIN)/python -c 'import mutmut' 2>/dev/null || $(BIN)/python -m pip install -q -e '.[mutants]'
	@nice -n 10 $(BIN)/python -m tests.mutants --sample $(SAMPLE) --seed $(SEED)

# Pins every dependency with its hashes; look at the diff before you commit it.
.PHONY: lock
lock: $(VENV)/.dev
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q -e '.[audit]'
	@tools/lock $(BIN)/uv

# Known weaknesses in the pinned packages; asks the advisory database of the package index.
.PHONY: audit
audit: $(VENV)/.dev
	@test -x $(BIN)/pip-audit || $(BIN)/python -m pip install -q -e '.[audit]'
	@$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
