# SPDX-License-Identifier: MIT
# sensord's build. Everything happens inside a Debian 13 that is made below build/, so the machine
# may be any Debian-like release; see packaging/root.sh. Logs are in build/log/.
#
# Call the targets with a line "name: ## text"; `make help` lists them.

# The build root is for this machine's processor, and the cross compilers are x86-64 programs.
$(if $(filter x86_64,$(shell uname -m)),,$(error sensord is built on x86-64; on the board itself: apt build-dep, dpkg-buildpackage))

ARCH := amd64
include packaging/arch.mk
# ARCH=all builds the packages that are the same on every architecture.
BUILDABLE := $(ARCHITECTURES) $(if $(filter deb test-reproducible,$(MAKECMDGOALS)),all)
$(if $(filter $(ARCH),$(BUILDABLE)),,$(error ARCH=$(ARCH): must be one of $(BUILDABLE)))
OUT := $(CURDIR)/build/$(ARCH)
LIBRARIES_FOLDER := $(OUT)/libraries
MPY_DIR := $(CURDIR)/build/src/micropython
ROOT := $(CURDIR)/build/root
PYTHON := build/venv/bin/python
NATMODS := $(notdir $(patsubst %/micropython.mk,%,$(wildcard natmods/*/micropython.mk)))
MPY_FILES := $(if $(NATMOD_ARCH_$(ARCH)),$(NATMODS:%=build/$(ARCH)/natmods/%.mpy))
# With folders, whose time changes when a file is removed: a removed file must not stay frozen.
SOURCES := $(shell find natmods hal_linux daemon packaging/interpreter -name __pycache__ -prune -o -print)
C_FILES := $(wildcard natmods/*.[ch] natmods/*/*.[ch] packaging/interpreter/*.[ch] tests/*.[ch] tests/*/*.[ch])

# How long `make fuzz` spends on each target.
SECONDS_EACH := 600

RUN := packaging/root.sh run
STEP := packaging/step.sh

# The interpreter is linked against the build root's libraries by their full path: it runs inside the
# root and, as `build/amd64/micropython x.py`, on the machine itself. The packages' is linked normally.
ifdef LOADER_$(ARCH)
ROOT_LDFLAGS := -Wl,--dynamic-linker=$(ROOT)/$(LOADER_$(ARCH)) \
    -Wl,--disable-new-dtags,-rpath,$(ROOT)/usr/lib/$(TRIPLET_$(ARCH))
endif

.DELETE_ON_ERROR:
.PHONY: all demo train-demo bench bench-fleet fuzz soak deb lint format lock sensors-page clean help
.PHONY: test test-arch test-sanitised test-databases test-brokers test-faults test-fleet test-home-assistant test-reproducible test-repo repo autopkgtest vm-test

all: build/$(ARCH)/micropython $(MPY_FILES) ## build the interpreter and the daemon (build/ARCH/)
	@echo "built: build/$(ARCH)/sensord, build/$(ARCH)/micropython, $(words $(MPY_FILES)) modules in build/$(ARCH)/natmods"

build/.root: packaging/root.sh
	@$(STEP) root "making a Debian 13 build root and fetching micropython's source" packaging/root.sh create
	@touch $@

build/.venv: tests/requirements.lock packaging/venv.sh build/.root
	@$(STEP) venv "installing the tests' Python packages" $(RUN) packaging/venv.sh build/venv $<
	@touch $@

# Third-party MicroPython drivers: they must run unmodified on hal_linux.
build/.drivers: tests/drivers.lock build/.venv
	@$(STEP) drivers "installing third-party MicroPython drivers" $(RUN) sh -c 'rm -rf build/drivers && \
	    $(PYTHON) -m pip install --disable-pip-version-check --require-hashes --no-deps --no-build-isolation \
	    --no-compile --target build/drivers -r $<'
	@touch $@

# The packages that pip may install: NAME.lock is made of NAME.txt, see packaging/lock.py.
LOCKS := $(patsubst %.lock,%.txt,$(wildcard tests/*.lock))

lock: build/.root ## pin the tests' Python packages by their hashes again [LOCKS=tests/NAME.txt]
	@$(STEP) lock "looking up the hashes of $(LOCKS)" $(RUN) sh -c 'rm -rf build/lock && python3 -m venv build/lock && \
	    build/lock/bin/python packaging/lock.py $(LOCKS)'
	@sed -n '/packages, as source/p' build/log/lock.log

# The compilers and libraries of another architecture; the build root always has this machine's.
build/$(ARCH)/.packages: packaging/arch.mk build/.root
	@mkdir -p $(OUT)
	@$(if $(PACKAGES_$(ARCH)),$(STEP) packages-$(ARCH) "installing compilers for $(ARCH)" \
	    packaging/root.sh add $(PACKAGES_$(ARCH)))
	@$(if $(LIBRARIES_$(ARCH)),$(STEP) libraries-$(ARCH) "unpacking static libraries for $(ARCH)" \
	    packaging/root.sh unpack $(LIBRARIES_FOLDER) $(LIBRARIES_$(ARCH)))
	@touch $@

build/$(ARCH)/micropython: $(SOURCES) build/$(ARCH)/.packages
	@$(STEP) interpreter-$(ARCH) "building the interpreter for $(ARCH)" $(RUN) $(MAKE) -j$$(nproc) \
	    -C packaging/interpreter MPY_DIR=$(MPY_DIR) OUT=$(OUT) CFLAGS_EXTRA='$(CFLAGS_$(ARCH))' \
	    LDFLAGS_EXTRA='$(ROOT_LDFLAGS) $(LDFLAGS_$(ARCH))' $(if $(filter $(ARCH),$(FOREIGN)),CROSS_COMPILE=$(TRIPLET_$(ARCH))-)
	@touch $@

# Upstream passes NULL with a length of 0 to memcpy, and has arrays of length 0.
SANITISE := -fsanitize=address,undefined -fno-sanitize=nonnull-attribute,vla-bound \
    -fno-sanitize-recover=all -fno-omit-frame-pointer

# Not stripped, so that reports name functions.
build/sanitised/micropython: $(SOURCES) build/.root
	@mkdir -p build/sanitised
	@$(STEP) sanitised "building the interpreter with sanitizers" $(RUN) $(MAKE) -j$$(nproc) \
	    -C packaging/interpreter MPY_DIR=$(MPY_DIR) OUT=$(CURDIR)/build/sanitised STRIP= CFLAGS_EXTRA='$(SANITISE)' \
	    LDFLAGS_EXTRA='$(SANITISE) -Wl,--wrap=mp_cstack_init_with_sp_here'
	@touch $@

# The same of 32 bit: of the words that a 32-bit board has, at this machine's speed.
build/sanitised32/micropython: $(SOURCES) build/.root
	@mkdir -p build/sanitised32
	@$(STEP) packages-32 "installing the compiler and libraries of 32 bit" \
	    packaging/root.sh add g++-multilib libffi-dev:i386 libmbedtls-dev:i386
	@$(STEP) sanitised32 "building the interpreter of 32 bit with sanitizers" $(RUN) \
	    env PKG_CONFIG_LIBDIR=/usr/lib/i386-linux-gnu/pkgconfig $(MAKE) -j$$(nproc) \
	    -C packaging/interpreter MPY_DIR=$(MPY_DIR) OUT=$(CURDIR)/build/sanitised32 STRIP= \
	    CFLAGS_EXTRA='-m32 -msse2 -mfpmath=sse $(SANITISE)' \
	    LDFLAGS_EXTRA='-m32 $(SANITISE) -Wl,--wrap=mp_cstack_init_with_sp_here'
	@touch $@

build/$(ARCH)/natmods/%.mpy: natmods/Makefile $(wildcard natmods/*.[ch] natmods/*/*.[ch]) build/$(ARCH)/micropython
	@mkdir -p $(OUT)/natmods
	@$(STEP) natmod-$*-$(ARCH) "building the module $*.mpy for stock micropython" $(RUN) $(MAKE) \
	    -C $(OUT)/natmods -f $(CURDIR)/natmods/Makefile MOD=$* ARCH=$(NATMOD_ARCH_$(ARCH)) \
	    MPY_DIR=$(MPY_DIR) CROSS=$(NATMOD_CROSS_$(ARCH)) \
	    $(if $(NATMOD_CFLAGS_$(ARCH)),CFLAGS_ARCH='$(NATMOD_CFLAGS_$(ARCH))')
	@touch $@

demo: all ## run the four jobs on recordings for 15 s and print each MQTT message [DEVICE=default]
	@$(RUN) python3 tests/demo.py $(DEVICE)

# Most tests wait for a timer or another program, so more of them run at once than there are processors.
# A file stays whole, and the slow ones begin first, see tests/scheduling.py.
WORKERS := 4
SIDE_BY_SIDE = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: all build/.venv build/.drivers lint deb build/amd64/clean-root.tar ## run all tests, files side by side [WORKERS=4]
	@$(RUN) $(PYTHON) -m pytest $(SIDE_BY_SIDE) --junitxml=build/test.xml

test-arch: ## run tests on emulated processors [ARCH=arm64, armhf or armv6; else all]
ifeq ($(filter $(ARCH),$(FOREIGN)),)
	@for arch in $(FOREIGN); do $(MAKE) --no-print-directory test-arch ARCH=$$arch || exit; done
else
test-arch: all build/.venv build/.drivers build/$(ARCH)/emulated/cc
	@$(MAKE) -s build/amd64/micropython ARCH=amd64
	@$(RUN) env SENSORD_ARCH=$(ARCH) $(PYTHON) -m pytest tests/unit tests/natmods/test_sound_levels*.py \
	    $(if $(LOADER_$(ARCH)),tests/hal tests/arch,tests/arch/test_sensord.py tests/mqtt/test_mqtt311.py)

# x86-64 programs that start the architecture's programs in its emulator, and its compiler.
build/$(ARCH)/emulated/cc: tests/emulated.c tests/fakes/addresses.c packaging/emulated.sh build/$(ARCH)/.packages
	@$(STEP) emulated-$(ARCH) "installing the emulator and Debian's micropython for $(ARCH)" \
	    sh -c 'packaging/root.sh add qemu-user && $(RUN) packaging/emulated.sh $(ARCH) $(TRIPLET_$(ARCH)) \
	    $(QEMU_$(ARCH)) $(QEMU_CPU_$(ARCH)) $(LOADER_$(ARCH))'
	@touch $@
endif

lint: build/.venv ## check style, spelling and types
	@$(STEP) lint "checking style, spelling and types" $(RUN) sh -c '$(PYTHON) -m ruff check . && \
	    $(PYTHON) -m ruff format --check . && build/venv/bin/clang-format --dry-run -Werror $(C_FILES) && \
	    $(PYTHON) -m codespell_lib && PYTHONPATH=stubs $(PYTHON) -m mypy tools stubs/*-stubs'

format: build/.venv ## put Python and C into the project's style
	@$(STEP) format "formatting" $(RUN) sh -c '$(PYTHON) -m ruff check --fix -q . ; \
	    $(PYTHON) -m ruff format . && build/venv/bin/clang-format -i $(C_FILES)'

bench: all build/.venv ## compare memory and speed with other programs, write build/bench.json [PARTS=]
	@$(STEP) bindings "installing CPython's bindings of GPIO, I2C and SPI" \
	    packaging/root.sh add python3-libgpiod python3-smbus2 python3-spidev
	@$(RUN) $(PYTHON) tests/bench/bench.py $(PARTS)

test-home-assistant: all build/.home-assistant build/.venv ## let two versions of Home Assistant discover a board [TESTS=]
	@$(RUN) $(PYTHON) -m pytest $(or $(TESTS:%=-k %)) tests/home_assistant

# python3-dev for the compiler's headers: some of its packages have no wheel.
build/.home-assistant: tests/home_assistant_2025.lock tests/home_assistant_2026.lock packaging/venv.sh build/.root
	@$(STEP) home-assistant "installing two versions of Home Assistant" sh -c 'packaging/root.sh add python3-dev && \
	    mkdir -p build/home-assistant && for year in 2025 2026; do $(RUN) packaging/venv.sh \
	    build/home-assistant/$$year tests/home_assistant_$$year.lock || exit 1; done'
	@touch $@

test-faults: all build/.venv ## test the delivery under crashes, power cuts and broken peers, print a table [TESTS=]
	@$(RUN) $(PYTHON) -m pytest $(or $(TESTS:%=tests/faults/%),tests/faults)

test-fleet: all build/.venv build/.fleet ## test the delivery to a RabbitMQ cluster, a bridge and PostgreSQL while they are killed
	@$(RUN) $(PYTHON) -m pytest -s tests/fleet

test-databases: all build/.venv build/.databases ## test [http] with InfluxDB and VictoriaMetrics while they are killed
	@$(RUN) $(PYTHON) -m pytest tests/databases

build/.databases: build/.root
	@$(STEP) databases "installing InfluxDB and VictoriaMetrics" packaging/root.sh add influxdb victoria-metrics
	@touch $@

bench-fleet: all build/.venv build/.fleet ## measure the load of 1,000 boards on brokers and database
	@$(RUN) env PYTHONPATH=tests $(PYTHON) tests/fleet/cost.py

build/.fleet: build/.root
	@$(STEP) fleet "installing RabbitMQ, PostgreSQL and rsyslog" \
	    packaging/root.sh add rabbitmq-server postgresql rsyslog rsyslog-pgsql
	@touch $@

# With WRITE=1 the page gets what the brokers do now.
test-brokers: all build/.venv build/.brokers ## test with six brokers that docs/brokers.md is true [ONLY=text] [WRITE=1]
	@$(RUN) env $(if $(WRITE),BROKERS_PAGE=write) $(PYTHON) -m pytest tests/brokers -n 3 --dist loadgroup \
	    --no-loadscope-reorder $(if $(ONLY),-k '$(ONLY)')

# Debian has no aedes and no amqtt: they come from npm and PyPI, by hash.
build/.brokers: tests/brokers.lock tests/brokers/package-lock.json build/.root
	@$(STEP) brokers "installing brokers" sh -c 'packaging/root.sh add rabbitmq-server ejabberd nats-server nodejs npm && \
	    mkdir -p build/brokers && cp tests/brokers/package.json tests/brokers/package-lock.json build/brokers/ && \
	    $(RUN) sh -eu -c "cd build/brokers && npm ci --ignore-scripts --no-audit --no-fund" && \
	    $(RUN) packaging/venv.sh build/brokers/amqtt tests/brokers.lock'
	@touch $@

# The QEMU machine to boot; its disk has the packages of the architecture.
BOARD := $(BOARD_$(ARCH))
$(if $(filter vm-test,$(MAKECMDGOALS)),$(if $(BOARD),,$(error make vm-test: nothing boots $(ARCH))))
VM := build/vm/$(BOARD)
VM_BASE := build/vm/$(ARCH).tar

vm-test: $(VM_BASE) $(if $(REPOSITORY),,$(TEST_KEY)) ## boot the packages in QEMU, on the kernel's own drivers [ARCH=arm64] [BOARD=raspi3b] [ONLY=text] [REPOSITORY=folder]
	@$(if $(REPOSITORY),,$(MAKE) --no-print-directory repo ARCH=$(ARCH) KEY=$(TEST_KEY))
	@$(STEP) qemu-$(ARCH) "installing QEMU" packaging/root.sh add $(QEMU_PACKAGE_$(ARCH)) e2fsprogs xz-utils cpio
	@mkdir -p $(VM)
	@$(STEP) vm-image-$(BOARD) "installing the packages in a virtual machine" \
	    $(if $(QEMU_$(ARCH)),env QEMU_CPU=$(QEMU_CPU_$(ARCH)) packaging/root.sh emulate $(ARCH),$(RUN)) \
	    timeout 600 tests/vm/image.sh $(VM_BASE) $(VM) $(BOARD) $(or $(REPOSITORY),build/repo)
	@$(RUN) timeout -k 10 3000 python3 tests/vm/vm.py $(BOARD) $(VM) --only='$(ONLY)'

# Without Debian's initrd, which takes minutes to make on an emulated processor: image.sh makes a small
# one.
$(VM_BASE): tests/vm/packages.txt build/.root
	@mkdir -p build/vm
	@$(STEP) vm-base-$(ARCH) "making a Debian 13 with a kernel for $(ARCH)" timeout 3600 \
	    sh -c '$(if $(QEMU_$(ARCH)),packaging/root.sh add qemu-user && env QEMU_CPU=$(QEMU_CPU_$(ARCH))) \
	    env INITRD=No packaging/root.sh bare $@ $(ARCH) $$(sed "s/#.*//; s/ARCH/$(ARCH)/" $<)'

test-sanitised: build/sanitised/micropython build/.venv ## run the unit tests in an interpreter with sanitizers
	@$(RUN) env INTERPRETER=sanitised $(PYTHON) -m pytest tests/unit

BITS := 64
FUZZED_64 := build/sanitised/micropython
FUZZED_32 := build/sanitised32/micropython
$(if $(FUZZED_$(BITS)),,$(error BITS=$(BITS): must be 64 or 32))

fuzz: all $(FUZZED_$(BITS)) ## look for inputs that crash a C module or a reader of the daemon [SECONDS_EACH=600] [TARGETS=] [BITS=32]
	@$(STEP) clang "installing clang" packaging/root.sh add clang libclang-rt-dev
	@$(RUN) nice python3 tests/fuzz/run.py $(SECONDS_EACH) $(BITS) $(TARGETS)

# How long, and how many times as fast as usual the sensors are read.
HOURS := 1
PACE := 1

soak: all build/.venv ## run all kinds of sensors for hours, print how the daemon grows [HOURS=1] [PACE=1]
	@$(RUN) $(PYTHON) tests/soak/soak.py $(HOURS) $(PACE)

train-demo: all build/.venv ## train an activity model [DATA=folder of recordings]
ifndef DATA
	@echo "make train-demo needs DATA=folder: .npy recordings with the class in their names" >&2; exit 64
endif
	@rm -rf build/activity && mkdir -p build/activity/recordings && cp "$(DATA)"/*.npy build/activity/recordings/
	@if [ -e "$(DATA)/labels.csv" ]; then cp "$(DATA)/labels.csv" build/activity/recordings/; fi
	@$(RUN) $(PYTHON) tools/train_activity.py build/activity/recordings -o build/activity --sensord build/amd64/sensord

deb: build/deb/.$(ARCH) ## build the packages, build/deb/ [ARCH=amd64, with those for all; arm64; armhf; armv6; all]
	@echo "packaged: $$(cd build/deb && ls $(or $(PACKAGES_OF_$(ARCH)),*_$(ARCH).deb) | grep -v dbgsym | xargs)"

PACKAGES_OF_amd64 := *_amd64.deb *_all.deb
PACKAGES_OF_armv6 := armv6/*.deb

build/deb/.source: $(SOURCES) build/.root $(shell find packaging systemd docs -type f) README.md LICENSE
	@mkdir -p build/deb
	@$(STEP) deb-source "building the source package" $(RUN) packaging/deb.sh source $(MPY_DIR) $(CURDIR)/build/deb
	@touch $@

build/deb/.$(ARCH): build/deb/.source $(if $(filter all,$(ARCH)),,build/$(ARCH)/.packages)
	@$(STEP) deb-$(ARCH) "building the packages for $(ARCH)" $(RUN) env LIBRARIES_FOLDER=$(LIBRARIES_FOLDER) sh -c \
	    'packaging/deb.sh binary $(ARCH) $(CURDIR)/build/deb/*.dsc $(CURDIR)/build/deb/tree-$(ARCH) $(CURDIR)/build/deb'
	@touch $@

test-reproducible: build/deb/.$(ARCH) build/.venv ## build the packages again elsewhere, and compare them byte for byte [ARCH=]
	@$(STEP) faketime "installing faketime" packaging/root.sh add faketime
	@$(RUN) env SENSORD_ARCH=$(ARCH) LIBRARIES_FOLDER=$(LIBRARIES_FOLDER) $(PYTHON) -m pytest -s tests/packages/test_reproducible.py

# ARMv6 packages install on armhf; Raspberry Pi OS rebuilds armhf for ARMv6.
DEBIAN := $(or $(DEBIAN_$(ARCH)),$(ARCH))

build/$(DEBIAN)/clean-root.tar: packaging/root.sh build/.root
	@mkdir -p build/$(DEBIAN)
	@$(STEP) clean-root-$(DEBIAN) "making a bare Debian 13 for $(DEBIAN) to install the packages in" \
	    sh -c '$(if $(QEMU_$(ARCH)),packaging/root.sh add qemu-user && env QEMU_CPU=$(QEMU_CPU_$(DEBIAN))) \
	    packaging/root.sh bare $@ $(if $(QEMU_$(ARCH)),$(DEBIAN),amd64)'

# Without ARCH= on the command line, all architectures; with it, those built so far and this one.
CHOSEN := $(if $(filter file,$(origin ARCH)),$(ARCHITECTURES),$(ARCH))

# Where boards will find the repository, and the secret key to sign it with. Boards take packages of
# this key alone, so it must outlive `make clean`, `git clean` and the checkout, and must never be
# committed: it lies in the user's own folder. Tests sign with a key of their own.
URI := file:$(CURDIR)/build/repo
# How long apt takes the repository for the newest: make it again before.
VALID_DAYS := 180
DEFAULT_KEY := $(HOME)/.config/sensord/repo.key
TEST_KEY := build/test.key
KEY := $(DEFAULT_KEY)

repo: $(KEY) ## make an apt repository of all packages, build/repo [KEY=secret key] [URI=] [VALID_DAYS=180]
	@for arch in $(CHOSEN) $(if $(filter amd64,$(CHOSEN)),,all); do $(MAKE) --no-print-directory deb ARCH=$$arch || exit; done
	@$(STEP) repo-tools "installing the tools that make repositories" packaging/root.sh add apt-utils gnupg
	@$(STEP) repo "making the repository" sh -c '$(RUN) packaging/repo.sh make $(CURDIR)/build/deb \
	    $(CURDIR)/build/repo "$$1" $$(($(VALID_DAYS) * 86400)) < "$$2"' sh "$(URI)" "$(KEY)"
	@echo "repository: build/repo, for $$(sed -n 's/^Architectures: //p' build/repo/dists/*/InRelease)"

$(DEFAULT_KEY) $(TEST_KEY): | build/.root
	@$(STEP) repo-key "making a key to sign the repository with, $@" sh -c \
	    'packaging/root.sh add gnupg && umask 077 && mkdir -p "$(@D)" && $(RUN) packaging/repo.sh key > "$@"'

ifeq ($(origin ARCH),file)
test-repo: ## install, upgrade and remove from the repository, in a clean Debian of each architecture [ARCH=]
	@for arch in $(ARCHITECTURES); do $(MAKE) --no-print-directory test-repo ARCH=$$arch || exit; done
else
test-repo: $(TEST_KEY) build/.venv build/$(DEBIAN)/clean-root.tar
	@$(MAKE) --no-print-directory repo ARCH=$(ARCH) KEY=$(TEST_KEY)
	@$(if $(QEMU_$(ARCH)),env QEMU_CPU=$(QEMU_CPU_$(DEBIAN)) packaging/root.sh emulate $(DEBIAN),$(RUN)) \
	    env SENSORD_ARCH=$(ARCH) $(PYTHON) -m pytest tests/packages/test_repository.py \
	    $(if $(QEMU_$(ARCH)),,tests/packages/test_apt_index.py)
endif

autopkgtest: build/deb/.amd64 build/amd64/clean-root.tar ## run debian/tests on the installed packages in a clean Debian
	@$(STEP) autopkgtest-tools "installing autopkgtest" packaging/root.sh add autopkgtest
	@$(STEP) autopkgtest "running debian/tests" $(RUN) sh -c 'packaging/autopkgtest.sh build/amd64/clean-root.tar \
	    build/deb/*.dsc build/deb/*_amd64.deb build/deb/*_all.deb'
	@grep -E '(PASS|SKIP)$$' build/log/autopkgtest.log | sort -u

# Written beside the page first: one that fails must not leave an empty page.
sensors-page: build/.root ## write docs/sensors.md again, the page of all chips and drivers
	@$(RUN) env PYTHONPATH=daemon python3 -B tools/sensors/page.py > build/sensors.md
	@mv build/sensors.md docs/sensors.md

clean: ## remove everything that was built, but not the signing key
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1  /p' Makefile | awk '{ n = $$1; $$1 = ""; printf "  %-16s%s\n", n, $$0 }'
