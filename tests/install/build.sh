# What `make install` takes from cargo, wherever cargo was told to put it, and what it leaves when it fails. The
# scripts are the real ones, in a copy of the tree whose library is a stand-in that is built in a second: each function
# of the header returns the build's number.

small=$work/small
triple=$(rustc -vV | sed -n 's/^host: //p')
mkdir -p "$small/src" "$small/bindings"
(cd "$root" && cp -R Makefile packaging include LICENSE-* CHANGELOG.md "$small")
cp -R "$root/bindings/c" "$root/bindings/cpp" "$small/bindings"
cat >"$small/Cargo.toml" <<'TOML'
[workspace]
[workspace.package]
version = "0.1.0"
[package]
name = "stytch-ffi"
version.workspace = true
edition = "2024"
[lib]
name = "stytch"
crate-type = ["cdylib", "staticlib"]
[profile.release]
codegen-units = 16
TOML
cat >"$small/build.rs" <<'RUST'
fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libstytch.so.0");
}
RUST
# build_number N: from now on the library says so.
build_number() {
    {
        "$root/packaging/static-library" --functions |
            sed "s/.*/#[unsafe(no_mangle)] pub extern \"C\" fn &() -> i32 { $1 + started::NUMBER.load(std::sync::atomic::Ordering::Relaxed) }/"
        # A module of its own is an object of its own, and nothing asks for what this one runs at the start.
        cat <<'RUST'
mod started { pub static NUMBER: std::sync::atomic::AtomicI32 = std::sync::atomic::AtomicI32::new(0); }
mod at_start {
    #[used]
    #[unsafe(link_section = ".init_array")]
    static ENTRY: extern "C" fn() = entry;
    extern "C" fn entry() { super::started::NUMBER.fetch_add(1000, std::sync::atomic::Ordering::Relaxed); }
}
RUST
    } >"$small/src/lib.rs"
}
build_number 1
(cd "$small" && cargo generate-lockfile --offline --quiet) || exit 1
small_install() { (unset BUILT CARGO_TARGET_DIR && make -s -C "$small" install "$@"); }

printf '%s\n' '#include <stdio.h>' '#include <dlfcn.h>' 'int main(int count, char **arguments) {' \
    '    void *library = dlopen(arguments[1], RTLD_NOW);' \
    '    int (*number)(void) = library ? (int (*)(void))dlsym(library, "stytch_version") : 0;' \
    '    if (count < 2 || number == 0) return 1;' '    return printf("%d\n", number()) < 0;' '}' >"$work/number.c"
cc -w "$work/number.c" -ldl -o "$work/number"
printf '%s\n' '#include <stdio.h>' 'int stytch_version(void);' \
    'int main(void) { return printf("%d\n", stytch_version()) < 0; }' >"$work/static-number.c"

# installed TREE N: both libraries are of build N, and what runs at their start has run.
installed() {
    equal "$("$work/number" "$1/lib/libstytch.so")" "$((1000 + $2))"
    cc "$work/static-number.c" "$1/lib/libstytch.a" -lutil -lrt -lpthread -lm -ldl -o "$work/static-number"
    equal "$("$work/static-number")" "$((1000 + $2))"
}

# takes_what_cargo_built N [NAME=VALUE...]: with a build of another number in each folder that could be thought of.
takes_what_cargo_built() {
    local number=$1 folder
    shift
    for folder in "$small/target/release" "$small/target/$triple/release"; do
        mkdir -p "$folder"
        cp "$work/older/lib/libstytch.so" "$work/older/lib/libstytch.a" "$folder"
    done
    build_number "$number"
    (export "$@" && small_install PREFIX="$work/built")
    installed "$work/built" "$number"
    rm -rf "$work/built"
}

by_config() {
    mkdir -p "$small/.cargo"
    printf '[build]\n%s\n' "$2" >"$small/.cargo/config.toml"
    takes_what_cargo_built "$1" NONE=
}

refuses_several_targets() {
    mkdir -p "$small/.cargo"
    printf '[build]\ntarget = ["%s", "%s"]\n' "$triple" "$small/other.json" >"$small/.cargo/config.toml"
    # A second target that has a std would be a download. Cargo's message for two is what matters.
    cat >"$work/two" <<SH
#!/bin/sh
echo '{"reason":"compiler-artifact","filenames":["/a/x/release/libstytch.so","/a/x/release/libstytch.a"]}'
echo '{"reason":"compiler-artifact","filenames":["/a/y/release/libstytch.so","/a/y/release/libstytch.a"]}'
SH
    chmod +x "$work/two"
    (! small_install PREFIX="$work/nothing" CARGO="$work/two") 2>&1 | tee "$work/said"
    grep -F '/a/y/release/libstytch.so' "$work/said"
    [ ! -e "$work/nothing" ]
}

by_each_linker() {
    local tree=$work/by-$1
    (export LD="$1" && small_install PREFIX="$tree")
    equal "$(find "$tree" -name '.stytch-new*')" ""
    installed "$tree" "$2"
    rm -rf "$tree"
}

# leaves_nothing [NAME=VALUE...]: the installation fails, and nothing of it is there.
leaves_nothing() {
    local tree=$work/nothing
    (export "$@" && fails small_install PREFIX="$tree") || return 1
    [ ! -e "$tree" ] || { find "$tree"; return 1; }
}

a_failing_linker_leaves_nothing() {
    printf '#!/bin/sh\nexit 1\n' >"$work/failing"
    chmod +x "$work/failing"
    local tool
    for tool in LD NM OBJCOPY STRIP READELF AR; do
        leaves_nothing "$tool=$work/failing"
        leaves_nothing "$tool=$work/no-such-tool"
    done
}

# By the last file of all; what was there before stays as it was.
a_failure_while_copying_leaves_nothing() {
    local tree=$work/blocked
    mkdir -p "$tree/share/man"
    echo older >"$tree/share/man/man3"
    fails small_install PREFIX="$tree"
    equal "$(cd "$tree" && find . ! -type d)" ./share/man/man3
    equal "$(cd "$tree" && find . -type d | sort | xargs)" ". ./share ./share/man"

    rm -rf "$tree"
    small_install PREFIX="$tree"
    (cd "$tree" && find . -type f -exec cksum {} + | sort) >"$work/before"
    rm "$tree/share/man/man3/stytch.3"
    mkdir "$tree/share/man/man3/stytch.3"
    build_number 77
    fails small_install PREFIX="$tree"
    (cd "$tree" && find . -type f -exec cksum {} + | sort) >"$work/after"
    equal "$(grep -v stytch.3 "$work/before")" "$(cat "$work/after")"
    rm -rf "$tree"
}

nobody_has_to_read_what_it_says() {
    local tree=$work/unread
    small_install PREFIX="$tree" >"$work/said"
    equal "$(grep -c "^  $tree/" "$work/said")" "$(find "$tree" ! -type d | wc -l)"
    rm -rf "$tree"
    # Whoever reads the pipe is gone before it is written to.
    small_install PREFIX="$tree" 2>"$work/complaints" | true || true
    equal "$(grep -c "^  $tree/" "$work/said")" "$(find "$tree" ! -type d | wc -l)"
    rm -rf "$tree"
}

another_header_is_refused() {
    local tree=$work/mixed
    small_install PREFIX="$tree"
    echo "int stytch_added_later(void);" >>"$small/include/stytch.h"
    (! small_install PREFIX="$work/nothing" BUILT="$tree/lib") 2>&1 | grep -F stytch_added_later
    [ ! -e "$work/nothing" ]
    cp "$root/include/stytch.h" "$small/include/stytch.h"
    rm -rf "$tree"
}

an_older_build_is_named() {
    local tree=$work/with-date
    small_install PREFIX="$tree"
    (BUILT=$tree/lib && export BUILT && make -s -C "$small" install PREFIX="$work/dated") 2>&1 | tee "$work/said"
    fails grep 'is older than' "$work/said"
    touch -d '1 hour' "$small/src/lib.rs"
    (BUILT=$tree/lib && export BUILT && make -s -C "$small" install PREFIX="$work/dated") 2>&1 | grep 'is older than src/lib.rs'
    touch "$small/src/lib.rs"
    rm -rf "$tree" "$work/dated"
}

make_library_names_what_it_built() {
    build_number 80
    local said
    said=$(unset BUILT CARGO_TARGET_DIR && cd "$small" && CARGO_BUILD_TARGET=$triple make -s library)
    equal "$said" "$(printf '%s\n' "$small/target/$triple/release/libstytch.so" "$small/target/$triple/release/libstytch.a")"
    equal "$("$work/number" "$(echo "$said" | head -1)")" 1080
}

small_install PREFIX="$work/older" >/dev/null || exit 1
check "the stand-in is installed, and runs what it has for the start" installed "$work/older" 1
check "with nothing set" takes_what_cargo_built 2 NONE=
check "with CARGO_BUILD_TARGET" takes_what_cargo_built 3 CARGO_BUILD_TARGET="$triple"
check "with CARGO_TARGET_DIR" takes_what_cargo_built 4 CARGO_TARGET_DIR="$work/another place"
check "with CARGO_BUILD_TARGET_DIR, relative" takes_what_cargo_built 5 CARGO_BUILD_TARGET_DIR=away
check "with both" takes_what_cargo_built 6 CARGO_BUILD_TARGET="$triple" CARGO_TARGET_DIR="$work/both"
check "with build.target in a config file" by_config 7 "target = \"$triple\""
check "with build.target-dir in a config file" by_config 8 'target-dir = "elsewhere"'
check "with build.build-dir in a config file" by_config 9 'build-dir = "between"'
check "several targets are not chosen from" refuses_several_targets
rm -rf "$small/.cargo"
check "make library names what it built" make_library_names_what_it_built
number=20
for linker in ld ld.bfd ld.gold ld.lld "$(rustc --print sysroot)/lib/rustlib/$triple/bin/gcc-ld/ld.lld"; do
    needs "$linker" || continue
    number=$((number + 1))
    build_number "$number"
    check "libstytch.a by ${linker##*/rustlib/}" by_each_linker "$linker" "$number"
done
check "a tool that is missing or fails leaves nothing" a_failing_linker_leaves_nothing
check "a failure while copying leaves what was there" a_failure_while_copying_leaves_nothing
check "nobody has to read what make install says" nobody_has_to_read_what_it_says
check "a library of another header is refused" another_header_is_refused
check "a BUILT that is older than the sources is named" an_older_build_is_named
