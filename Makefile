# Makefile -- builds, tests and installs w2s. `make help` lists the targets.
#
# Non-recursive. Each layer is one archive, built from all .c files of its folder; who may include
# whom is in CONTRIBUTING.md and checked by tests/tool/layers.sh. A file's suffix chooses its flags:
# foo_avx2.c is compiled for AVX2, and only such files may use that instruction set.

B       ?= build
CC      ?= cc
AR      ?= ar
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
PYTHONDIR ?= $(PREFIX)/share/w2s/python
DESTDIR ?=
OPT     ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wwrite-strings -Wvla -Werror=implicit-function-declaration
# The numerics contract: no contraction, no value-changing optimisation, ever.
NUMERIC := -ffp-contract=off -fno-fast-math -fno-math-errno
# Every file is compiled once, for the program and for libw2s.so alike; only what include/w2s.h marks is seen.
LIBRARY := -fPIC -fvisibility=hidden
CFLAGS_ALL = -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 \
             $(OPT) $(WARN) $(NUMERIC) $(LIBRARY) -pthread -Iruntime -Isrc -I$(B)/gen $(CFLAGS)
LDLIBS_ALL = -llua5.4 -lsqlite3 -lcrypto -ljansson -lpopt -lcsv -lz -lm -pthread $(LDLIBS)
# One short line a command; V=1 shows them whole.
Q    := $(if $(V),,@)
say   = $(if $(V),@:,@printf '  %-4s %s\n' $(1) '$(2)')

.DELETE_ON_ERROR:
.SECONDARY:

# --- sources ---------------------------------------------------------------------------------------
# From the lowest layer to the highest; a layer may use those before it (CONTRIBUTING.md).
LAYERS  := base kernel plan graph hook data model eval store exec src lsp api cli
dir_src := src
dir_api := src/api
dir_lsp := src/lsp
dir_cli := src/cli
layer_dir = $(or $(dir_$(1)),runtime/$(1))
layer_c   = $(wildcard $(call layer_dir,$(1))/*.c)
layer_obj = $(patsubst %.c,$(B)/obj/%.o,$(call layer_c,$(1))) $(extra_$(1))

extra_src  := $(B)/obj/gen/w2s.tab.o $(B)/obj/gen/w2s.lex.o
extra_data := $(B)/obj/runtime/data/builtin.o
extra_hook := $(B)/obj/gen/stdlib.o $(B)/obj/gen/recipes.o $(B)/obj/gen/pages.o $(B)/obj/gen/report.o

# The linker reads archives once, so the highest layer comes first.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
ARCHIVES := $(foreach l,$(call reverse,$(LAYERS)),$(B)/lib/$(l).a)
LIBS     := $(filter-out $(B)/lib/cli.a,$(ARCHIVES))

.PHONY: all libs run check test bench install uninstall deb clean help deps asan ubsan tsan units
all: $(B)/w2s
libs: $(B)/libw2s.so $(B)/libw2s.a $(B)/w2s.pc

# --- flags by file suffix ---------------------------------------------------------------------------
# With sanitizers the kernels keep OPT: -O3 would take minutes, and change no bit.
X86 := $(filter x86_64,$(firstword $(subst -, ,$(shell $(CC) -dumpmachine))))
isa_flags = $(if $(X86),$(if $(filter %_avx2.o,$(1)),-mavx2 -mfma)) \
            $(if $(X86),$(if $(filter %_avx512.o,$(1)),-mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mprefer-vector-width=512)) \
            $(if $(filter $(B)/obj/runtime/kernel/%,$(1)),$(if $(findstring sanitize,$(OPT)),,-O3))

# Objects made with other flags are made anew.
.PHONY: flags
$(B)/flags: flags
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS_ALL)' | cmp -s - $@ || echo '$(CC) $(CFLAGS_ALL)' >$@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS_ALL) $(call isa_flags,$@) -MMD -MP -c $< -o $@

$(B)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(call say,as,$<)
	$(Q)$(CC) $(OPT) -MMD -MP -c $< -o $@

define archive_rule
$(B)/lib/$(1).a: $(call layer_obj,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(l))))

# --- the language ------------------------------------------------------------------------------------
$(B)/gen/w2s.tab.c: grammar/w2s.y
	@mkdir -p $(@D)
	$(call say,bison,$<)
	$(Q)bison -Werror -d -o $@ $<
$(B)/gen/w2s.tab.h: $(B)/gen/w2s.tab.c
$(B)/gen/w2s.lex.c: grammar/w2s.l $(B)/gen/w2s.tab.h
	@mkdir -p $(@D)
	$(call say,flex,$<)
	$(Q)flex --header-file=$(B)/gen/w2s.lex.h -o $@ $<
$(B)/gen/w2s.lex.h: $(B)/gen/w2s.lex.c
$(B)/obj/gen/w2s.tab.o: $(B)/gen/w2s.tab.c $(B)/gen/w2s.lex.h $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -Igrammar -MMD -MP -c $< -o $@
$(B)/obj/gen/w2s.lex.o: $(B)/gen/w2s.lex.c $(B)/gen/w2s.tab.h $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -Wno-unused-function -Wno-sign-compare -Wno-missing-prototypes -Igrammar -MMD -MP -c $< -o $@
$(call layer_obj,src): | $(B)/gen/w2s.tab.h $(B)/gen/w2s.lex.h

$(B)/obj/runtime/data/builtin.o: runtime/data/builtin.S $(wildcard stdlib/data/*)

# --- what ships inside --------------------------------------------------------------------------------
STDLIB_LOSSES := $(sort $(wildcard stdlib/losses/*.lua))
$(B)/gen/stdlib.c: runtime/hook/embed.sh $(STDLIB_LOSSES) stdlib/losses
	@mkdir -p $(@D)
	$(call say,gen,$@)
	$(Q)sh runtime/hook/embed.sh stdlib_losses $(STDLIB_LOSSES) >$@
STDLIB_RECIPES := $(sort $(wildcard stdlib/recipes/*.w2s))
$(B)/gen/recipes.c: runtime/hook/embed.sh $(STDLIB_RECIPES) stdlib/recipes
	@mkdir -p $(@D)
	$(call say,gen,$@)
	$(Q)sh runtime/hook/embed.sh stdlib_recipes $(STDLIB_RECIPES) >$@
$(B)/gen/pages.c: runtime/hook/embed.sh docs/diagnostics.md
	@mkdir -p $(@D)
	$(call say,gen,$@)
	$(Q)sh runtime/hook/embed.sh stdlib_pages docs/diagnostics.md >$@
STDLIB_REPORT := $(sort $(wildcard stdlib/report/*.html stdlib/report/*.css stdlib/report/*.js))
$(B)/gen/report.c: runtime/hook/embed.sh $(STDLIB_REPORT) stdlib/report
	@mkdir -p $(@D)
	$(call say,gen,$@)
	$(Q)sh runtime/hook/embed.sh stdlib_report $(STDLIB_REPORT) >$@
$(B)/obj/gen/stdlib.o $(B)/obj/gen/recipes.o $(B)/obj/gen/pages.o $(B)/obj/gen/report.o: $(B)/obj/gen/%.o: $(B)/gen/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

# --- programs ----------------------------------------------------------------------------------------
$(B)/w2s: $(ARCHIVES)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $(ARCHIVES) $(LDLIBS_ALL)

# --- libw2s: what include/w2s.h declares, and nothing else is visible ------------------------------------
VERSION    := $(shell sed -n 's/^\#define W2S_VERSION "\(.*\)"/\1/p' runtime/base/base.h)
SONAME     := libw2s.so.0
OBJCOPY    ?= objcopy
LIB_PARTS  := $(filter-out $(B)/lib/lsp.a,$(LIBS))
LIB_LDLIBS := $(filter-out -lpopt,$(LDLIBS_ALL))

$(B)/libw2s.so: $(LIB_PARTS)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs -Wl,--as-needed $(LDFLAGS) -o $@ \
	    -Wl,--whole-archive $(B)/lib/api.a -Wl,--no-whole-archive $(LIB_PARTS) $(LIB_LDLIBS)
	$(Q)ln -sf libw2s.so $(B)/$(SONAME)

# One object, so that the names of its parts cannot meet those of the program it is linked into.
$(B)/libw2s.a: $(LIB_PARTS)
	$(call say,ar,$@)
	$(Q)$(CC) -r -nostdlib -o $(B)/lib/w2s.o -Wl,--whole-archive $(LIB_PARTS) -Wl,--no-whole-archive
	$(Q)$(OBJCOPY) --localize-hidden $(B)/lib/w2s.o
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(B)/lib/w2s.o

# Made anew each time: PREFIX may be another.
.PHONY: $(B)/w2s.pc
$(B)/w2s.pc: packaging/w2s.pc.in
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
	    -e 's|@PRIVATE@|$(LIB_LDLIBS)|' $< >$@

# `make LAYERS="base data" build/tests/unit/test_data` builds one test against the named layers only.
UNIT := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $< $(LIBS) -lcmocka $(LDLIBS_ALL)

$(B)/tests/kernelcheck: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/kernel/*.c)) $(B)/lib/kernel.a
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ -lm

# --- jobs --------------------------------------------------------------------------------------------
run: $(B)/w2s
	$(B)/w2s run examples/digits.w2s

# Seconds: unit tests, all kernels of this machine, the goldens.
check: $(B)/w2s $(UNIT) $(B)/tests/kernelcheck
	W2S=$(abspath $(B)/w2s) tests/tool/runtests.sh $(UNIT) $(B)/tests/kernelcheck tests/tool/layers.sh tests/tool/names.sh

# Everything: also end to end, other builds (sanitizers, clang, aarch64 under qemu), fuzzers for a short while.
test: $(B)/w2s $(UNIT) $(B)/tests/kernelcheck
	W2S=$(abspath $(B)/w2s) tests/tool/runtests.sh tests/tool/builds.sh tests/tool/targets.sh $(UNIT) $(B)/tests/kernelcheck \
	    tests/tool/layers.sh tests/tool/names.sh $(sort $(wildcard tests/e2e/*.sh))

bench: $(B)/w2s $(B)/tests/kernelcheck
	sh tests/bench/bench.sh $(B)

# The same tree with a sanitizer, in a build folder of its own.
asan:
	$(MAKE) B=build-asan CC=clang OPT="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined" all units
ubsan: asan
tsan:
	$(MAKE) B=build-tsan CC=clang OPT="-O1 -g -fsanitize=thread" all

units: $(UNIT)

deps:
	sh tests/tool/deps.sh

# DESTDIR stages what PREFIX will see; a packager sets LIBDIR and PYTHONDIR to what his system has.
SHARE   := $(DESTDIR)$(PREFIX)/share
EXAMPLE_DIRS := $(patsubst examples/%/,%,$(wildcard examples/*/))
INSTALL_DIRS = $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PYTHONDIR) \
    $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d \
    $(addprefix $(SHARE)/w2s/examples/,. $(EXAMPLE_DIRS)) $(addprefix $(SHARE)/doc/w2s/,. docs stdlib/data)
install: $(B)/w2s libs
	install -d $(INSTALL_DIRS)
	install -m 755 $(B)/w2s $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/libw2s.so $(DESTDIR)$(LIBDIR)/libw2s.so.$(VERSION)
	ln -sf libw2s.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libw2s.so
	install -m 644 $(B)/libw2s.a $(DESTDIR)$(LIBDIR)
	install -m 644 $(B)/w2s.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 include/w2s.h $(DESTDIR)$(PREFIX)/include
	install -m 644 python/w2s.py $(DESTDIR)$(PYTHONDIR)
	$(B)/w2s help --man >$(SHARE)/man/man1/w2s.1
	$(B)/w2s completion bash >$(SHARE)/bash-completion/completions/w2s
	$(B)/w2s completion zsh >$(SHARE)/zsh/site-functions/_w2s
	$(B)/w2s completion fish >$(SHARE)/fish/vendor_completions.d/w2s.fish
	install -m 644 $(wildcard examples/*.w2s) $(SHARE)/w2s/examples
	install -m 755 examples/get-mnist.sh $(SHARE)/w2s/examples
	for d in $(EXAMPLE_DIRS); do install -m 644 examples/$$d/* $(SHARE)/w2s/examples/$$d || exit 1; done
	install -m 644 README.md CONTRIBUTING.md LICENSE $(SHARE)/doc/w2s
	install -m 644 $(wildcard docs/*.md) $(SHARE)/doc/w2s/docs
	install -m 644 stdlib/data/README.md $(SHARE)/doc/w2s/stdlib/data

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/w2s $(DESTDIR)$(PREFIX)/include/w2s.h $(DESTDIR)$(PYTHONDIR)/w2s.py \
	    $(addprefix $(DESTDIR)$(LIBDIR)/,libw2s.a libw2s.so $(SONAME) libw2s.so.$(VERSION) pkgconfig/w2s.pc) \
	    $(SHARE)/man/man1/w2s.1 $(SHARE)/bash-completion/completions/w2s $(SHARE)/zsh/site-functions/_w2s \
	    $(SHARE)/fish/vendor_completions.d/w2s.fish
	rm -rf $(SHARE)/w2s $(SHARE)/doc/w2s

# $(B)/w2s_VERSION_ARCHITECTURE.deb, from what install stages.
deb: $(B)/w2s libs
	B=$(B) VERSION=$(VERSION) MAKE=$(MAKE) sh packaging/deb.sh

$(B)/tests/gemm_peer: $(B)/obj/tests/bench/gemm_peer.o $(B)/lib/graph.a $(B)/lib/kernel.a $(B)/lib/base.a
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $^ -lopenblas -lcrypto -lm -pthread

$(B)/tests/loss_peer $(B)/tests/chain_peer: $(B)/tests/%: $(B)/obj/tests/bench/%.o $(LIBS)
	@mkdir -p $(@D)
	$(call say,ld,$@)
	$(Q)$(CC) $(OPT) $(LDFLAGS) -o $@ $< $(LIBS) $(LDLIBS_ALL)

clean:
	rm -rf $(B) build-asan build-tsan build-clang build-aarch64

help:
	@echo 'make            build $(B)/w2s'
	@echo 'make libs       build libw2s: $(B)/libw2s.so, $(B)/libw2s.a'
	@echo 'make run        build, then run examples/digits.w2s'
	@echo 'make check      the tests that take seconds'
	@echo 'make test       all tests; under ten minutes on two cores'
	@echo 'make bench      speed of kernels and training, beside peers where installed'
	@echo 'make asan tsan  sanitizer builds in build-asan, build-tsan'
	@echo 'make install    to $$(DESTDIR)$$(PREFIX), default /usr/local; uninstall takes it back'
	@echo 'make deb        a Debian package, in $(B)'
	@echo 'make deps       install the Debian packages that are missing'
	@echo 'make clean      remove what was built'
	@echo 'Variables: B=build CC=cc OPT="-O2 -g" CFLAGS LDFLAGS LDLIBS; PREFIX DESTDIR LIBDIR PYTHONDIR'

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
