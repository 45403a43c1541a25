# make            install what is missing, build the library and the demo runner
# make demo       show a segmentation of a generated CT
# make test       run every test of the library, the demo runner and the tools around them;
#                 ANATOMYNET_TEST_RUNTIMES=1 beside libiomp5 and PyTorch from PyPI, too
# make test-training  run the tests of the training package, with PyTorch from PyPI
# make install    PREFIX=/usr/local DESTDIR= (neither may have white space); make uninstall likewise
# make bench      measure layers, whole volumes, and other runtimes beside the library on this machine
#                 QUICK=1 one small volume, LARGE=1 a huge one too, PUBLISH=1 docs/benchmarks and README

PREFIX ?= /usr/local
DESTDIR ?=
CONFIGURATION ?= release

VERSION := $(shell sed -n 's/.*string: StaticString = "\(.*\)"/\1/p' Sources/AnatomyNet/LibraryVersion.swift)
ABI := $(shell sed -n 's/.*abi: UInt32 = \([0-9]*\).*/\1/p' Sources/AnatomyNet/LibraryVersion.swift)
BUILD := .build/$(CONFIGURATION)
SWIFT_BUILD := swift build -c $(CONFIGURATION)
SWIFT_CLANG = $(dir $(shell command -v swift))clang
LIBRARY := libanatomynet.so
# Expanded before any command of a recipe runs. With white space, `rm -rf $(ROOT)/lib/...` would remove something else.
ROOT = $(if $(filter-out 1,$(words x$(DESTDIR)$(PREFIX)x)),$(error PREFIX and DESTDIR must not have white space: \
	"$(DESTDIR)$(PREFIX)"),$(DESTDIR)$(PREFIX))

.PHONY: all dependencies demo test test-swift test-kernels test-sanitized test-interface test-examples test-demo \
	test-symbols test-geometry test-documentation test-benchmarks test-training install uninstall bench format lint clean

all: dependencies
	$(SWIFT_BUILD)

dependencies:
	@scripts/install-dependencies

demo: all
	scripts/demo $(BUILD)/anatomynet-demo

# ---- Tests -------------------------------------------------------------------

test: all test-symbols test-kernels test-sanitized test-swift test-interface test-geometry test-examples test-demo \
	test-documentation test-benchmarks

# In release mode, since the kernels' arithmetic is what is tested; in a folder of its own, since
# internal names are visible to the tests.
test-swift: dependencies
	swift test -c release -Xswiftc -enable-testing --scratch-path .build-tests

test-kernels: dependencies
	@mkdir -p .build-tests
	$(SWIFT_CLANG) -std=gnu11 -O2 -Wall -Wextra -Werror -I Sources/AnatomyNetKernels/include \
		$(shell find Sources/AnatomyNetKernels -name '*.c') \
		$(wildcard Tests/AnatomyNetKernelsTests/*.c) -lm -lpthread -o .build-tests/kernel-tester
	.build-tests/kernel-tester

# The kernels alone: what reads bytes from outside is Swift, which checks its own bounds.
test-sanitized: dependencies
	Tests/AnatomyNetKernelsTests/run-sanitized

test-symbols: all
	Tests/CInterfaceTests/check-symbols $(BUILD)/$(LIBRARY)

test-interface: all
	Tests/CInterfaceTests/run

test-geometry: all
	Tests/GeometryTests/run

test-examples: all
	Tests/ExamplesTests/run

test-documentation: all
	Tests/DocumentationTests/run

test-demo: all
	Tests/DemoTests/run

test-benchmarks: all
	Tests/BenchmarksTests/run

# Not part of `test`: nothing else needs PyTorch.
test-training: all
	training/run-tests $(CURDIR)/$(BUILD)/$(LIBRARY)

# ---- Installation ------------------------------------------------------------

install:
	@test -f $(BUILD)/$(LIBRARY) || { echo "run make first" >&2; exit 1; }
	@if [ -n "$$(find Package.swift Sources -type f -newer $(BUILD)/$(LIBRARY) -print -quit)" ]; then \
		echo "warning: sources are newer than what is installed; run make first for the newest" >&2; fi
	install -d $(ROOT)/lib/pkgconfig $(ROOT)/lib/cmake/AnatomyNet $(ROOT)/include $(ROOT)/bin \
		$(ROOT)/share/doc/anatomynet
	install -m 755 $(BUILD)/$(LIBRARY) $(ROOT)/lib/$(LIBRARY).$(VERSION)
	strip --strip-unneeded $(ROOT)/lib/$(LIBRARY).$(VERSION)
	ln -sf $(LIBRARY).$(VERSION) $(ROOT)/lib/$(LIBRARY).$(ABI)
	ln -sf $(LIBRARY).$(ABI) $(ROOT)/lib/$(LIBRARY)
	install -m 644 include/anatomynet.h $(ROOT)/include/anatomynet.h
	sed 's/@VERSION@/$(VERSION)/' pkgconfig/anatomynet.pc.in >$(ROOT)/lib/pkgconfig/anatomynet.pc
	sed 's/@VERSION@/$(VERSION)/;s/@ABI@/$(ABI)/' pkgconfig/AnatomyNetConfig.cmake.in \
		>$(ROOT)/lib/cmake/AnatomyNet/AnatomyNetConfig.cmake
	sed 's/@VERSION@/$(VERSION)/' pkgconfig/AnatomyNetConfigVersion.cmake.in \
		>$(ROOT)/lib/cmake/AnatomyNet/AnatomyNetConfigVersion.cmake
	install -m 755 $(BUILD)/anatomynet-demo $(ROOT)/bin/anatomynet-demo
	strip --strip-unneeded $(ROOT)/bin/anatomynet-demo
	install -m 644 LICENSE THIRD-PARTY-NOTICES.md $(ROOT)/share/doc/anatomynet
	@# The loader finds what is in its folders by its cache only. A package's files are not yet in place.
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi

uninstall:
	rm -f $(ROOT)/lib/$(LIBRARY).$(VERSION) $(ROOT)/lib/$(LIBRARY).$(ABI) $(ROOT)/lib/$(LIBRARY) \
		$(ROOT)/include/anatomynet.h $(ROOT)/lib/pkgconfig/anatomynet.pc $(ROOT)/bin/anatomynet-demo
	rm -rf $(ROOT)/lib/cmake/AnatomyNet $(ROOT)/share/doc/anatomynet

# ---- Development -------------------------------------------------------------

bench: all
	Benchmarks/run

format:
	swift format format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-tests
