# The installed tree: what is in it, where it may go, and that nothing of it stays.

build_library
version=$(sed -n 's/^#define STYTCH_VERSION "\(.*\)"$/\1/p' "$root/include/stytch.h")

listing() { (cd "$1" && find . -mindepth 1 ! -type d | LC_ALL=C sort); }

# All that is expected below a prefix, with the library folder's name as the argument.
expected() {
    LC_ALL=C sort <<LIST
./$1/libstytch.so.$version
./$1/libstytch.so.0
./$1/libstytch.so
./$1/libstytch.a
./$1/pkgconfig/stytch.pc
./$1/cmake/stytch/stytch-config.cmake
./$1/cmake/stytch/stytch-config-version.cmake
./include/stytch.h
./include/stytch.hpp
./include/stytch_queue.hpp
./include/stytch_result.hpp
./share/man/man3/stytch.3
./share/doc/libstytch/LICENSE-MIT
./share/doc/libstytch/LICENSE-APACHE
./share/doc/libstytch/CHANGELOG.md
./share/doc/libstytch/examples/authenticate.c
./share/doc/libstytch/examples/authenticate.cpp
./share/doc/libstytch/examples/session.c
./share/doc/libstytch/examples/session.cpp
LIST
}

installs_all() {
    make_install PREFIX="$work/tree"
    equal "$(listing "$work/tree" | grep -v installed-folders)" "$(expected lib)"
}

links_lead_to_the_version() {
    equal "$(readlink "$work/tree/lib/libstytch.so")" libstytch.so.0
    equal "$(readlink "$work/tree/lib/libstytch.so.0")" "libstytch.so.$version"
    readelf --dynamic "$work/tree/lib/libstytch.so" | grep 'soname: \[libstytch.so.0\]'
}

# Whatever umask and owner: anyone can read it, only the owner can write it.
anyone_can_read_it() {
    (umask 077 && make_install PREFIX="$work/private")
    equal "$(find "$work/private" -type f ! -perm 644 ! -name 'libstytch.so.*')" ""
    equal "$(find "$work/private" -type d ! -perm 755)" ""
    make_uninstall PREFIX="$work/private"
}

everything_is_removed() {
    make_install PREFIX="$work/tree" # over the first: that must not make it forget which folders it made
    make_uninstall PREFIX="$work/tree"
    [ ! -e "$work/tree" ] || { find "$work/tree"; return 1; }
}

# Folders that stood before stay, empty or not, and so does what others put into ours.
nothing_else_is_removed() {
    local prefix=$work/shared
    mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/share/man"
    echo other >"$prefix/lib/libother.a"
    (cd "$prefix" && find . | LC_ALL=C sort) >"$work/before"
    make_install PREFIX="$prefix"
    make_uninstall PREFIX="$prefix"
    equal "$(cd "$prefix" && find . | LC_ALL=C sort)" "$(cat "$work/before")"

    make_install PREFIX="$prefix"
    echo mine >"$prefix/share/doc/libstytch/notes"
    make_uninstall PREFIX="$prefix"
    equal "$(cat "$prefix/share/doc/libstytch/notes")" mine
}

# A package's maker gives the system's folders, and none of the staging folder's name may be in a file.
staged="$work/a stage"
stages_a_package() {
    make_install DESTDIR="$staged" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
    equal "$(listing "$staged/usr")" "$(expected lib/x86_64-linux-gnu)"
    fails grep -r --binary-files=without-match "a stage" "$staged"
    equal "$(ls "$staged")" usr
}

system_paths_are_left_to_the_compiler() {
    export PKG_CONFIG_LIBDIR="$staged/usr/lib/x86_64-linux-gnu/pkgconfig"
    equal "$(pkg-config --cflags --libs stytch | xargs)" "-lstytch"
    equal "$(pkg-config --modversion stytch)" "$version"
    export PKG_CONFIG_SYSROOT_DIR=$staged
    case $(pkg-config --cflags stytch) in *stage/usr/include*) ;; *) echo "the sysroot is ignored"; return 1 ;; esac
}

unstages_a_package() {
    make_uninstall DESTDIR="$staged" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
    equal "$(find "$staged" -mindepth 1)" ""
}

takes_every_folder() {
    local at=$work/apart
    make_install PREFIX="$at/p" LIBDIR="$at/libraries" INCLUDEDIR="$at/headers/stytch-0" MANDIR="$at/manual" DOCDIR="$at/papers"
    equal "$(ls "$at")" "$(printf '%s\n' headers libraries manual papers)"
    equal "$(PKG_CONFIG_LIBDIR="$at/libraries/pkgconfig" pkg-config --variable=includedir stytch)" "$at/headers/stytch-0"
    make_uninstall PREFIX="$at/p" LIBDIR="$at/libraries" INCLUDEDIR="$at/headers/stytch-0" MANDIR="$at/manual" DOCDIR="$at/papers"
    [ ! -e "$at" ]
}

refuses_nonsense() {
    fails make_install PREFIX=relative
    fails make_install PREFIX="$work/nothing" BUILT="$work"
    [ ! -e "$work/nothing" ] && [ ! -e "$root/relative" ]
}

says_how_to_build_first() {
    (unset BUILT && ! make_install PREFIX="$work/nothing" CARGO=no-such-cargo) 2>&1 | grep 'sudo make install BUILT='
}

# Beside weak names, of which the linker takes one, whoever it is from.
static_library_has_no_other_names() {
    make_install PREFIX="$work/static"
    nm --defined-only --extern-only "$work/static/lib/libstytch.a" | awk '$2 ~ /^[A-Z]$/ && $2 !~ /[VW]/ { print $3 }' | sort >"$work/names"
    equal "$(cat "$work/names")" "$(nm --dynamic --defined-only "$work/static/lib/libstytch.so" | awk '{ print $3 }' | sort)"
    [ "$(wc -c <"$work/static/lib/libstytch.a")" -lt 8000000 ]
    make_uninstall PREFIX="$work/static"
}

# cargo-c takes minutes to compile, so what it would do is read off its settings: the SONAME has this many numbers of
# the version, and each asset is a file of ours.
cargo_c_would_do_the_same() {
    cd "$root"
    cargo metadata --format-version 1 --locked --offline --no-deps | python3 -c '
import json, os, sys

(package,) = (p for p in json.load(sys.stdin)["packages"] if p["name"] == "stytch-ffi")
capi = package["metadata"]["capi"]
numbers = capi["library"].get("version", package["version"]).split(".")[: capi["library"]["version_suffix_components"]]
assert f"libstytch.so.{chr(46).join(numbers)}" == sys.argv[1], (numbers, sys.argv[1])
assert not capi["header"]["generation"] and not capi["header"]["subdirectory"]
assets = [asset["from"] for asset in capi["install"]["include"]["asset"]]
assert sorted(map(os.path.basename, assets)) == ["stytch.h", "stytch.hpp", "stytch_queue.hpp", "stytch_result.hpp"] and all(map(os.path.isfile, assets)), assets
' "$(readlink "$work/tree/lib/libstytch.so")"
}

# starts ARCHIVE: how many functions it has that run when a program starts.
starts() {
    local size count=0
    while read -r size; do count=$((count + 16#$size / 8)); done < <(
        readelf -SW "$1" | sed -n 's/.* INIT_ARRAY *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\) .*/\1/p')
    echo "$count"
}

# std has one of its own.
static_library_keeps_what_runs_at_the_start() {
    make_install PREFIX="$work/static"
    [ "$(starts "$BUILT/libstytch.a")" -gt 0 ]
    equal "$(starts "$work/static/lib/libstytch.a")" "$(starts "$BUILT/libstytch.a")"
    objcopy --remove-section .init_array.00099 "$work/static/lib/libstytch.a" "$work/lost.a"
    [ "$(starts "$work/lost.a")" -lt "$(starts "$BUILT/libstytch.a")" ]
    make_uninstall PREFIX="$work/static"
}

manual_has_every_function() {
    make_install PREFIX="$work/manual"
    equal "$(grep '^\.B ".*;"' "$work/manual/share/man/man3/stytch.3" | grep -o 'stytch_[a-z0-9_]*(' | tr -d '(' | sort -u)" \
        "$("$root/packaging/static-library" --functions)"
    make_uninstall PREFIX="$work/manual"
}

manual_renders() {
    local page
    make_install PREFIX="$work/manual"
    page=$(MANWIDTH=200 LC_ALL=C.UTF-8 man --warnings --local-file "$work/manual/share/man/man3/stytch.3" 2>"$work/complaints" | col -b)
    equal "$(cat "$work/complaints")" ""
    case $page in *"libstytch $version"*) ;; *) echo "no version in the page"; return 1 ;; esac
    # An argument that lost its place shows as a function that the header does not have.
    echo "$page" | tr -s ' \n' '  ' | grep -F 'bool stytch_response_get_int64(const stytch_response *response, const char *pointer, int64_t *value);'
    make_uninstall PREFIX="$work/manual"
}

# Each library that the compiler of the static library names, but for those that a C compiler links anyway.
static_libraries_are_all_named() {
    local named
    named=$(cd "$root" && cargo rustc --locked --package stytch-ffi --lib --crate-type staticlib -- \
        --print native-static-libs 2>&1 | sed -n 's/^note: native-static-libs: //p')
    [ -n "$named" ]
    equal "$("$root/packaging/targets" "$("$root/packaging/targets" --host)" static_libs | tr ' ' '\n' | sort)" \
        "$(echo "$named" | tr ' ' '\n' | grep -vxE -e '-l(gcc_s|c)|' | sort -u)"
}

check "make install puts everything in its place" installs_all
check "libstytch.so leads to libstytch.so.0 and to libstytch.so.$version" links_lead_to_the_version
check "cargo-c would give the same SONAME and headers" cargo_c_would_do_the_same
check "anyone can read it, whatever the umask" anyone_can_read_it
check "libstytch.a defines the names of libstytch.so and no others" static_library_has_no_other_names
check "libstytch.a keeps what runs at the start" static_library_keeps_what_runs_at_the_start
check "make uninstall removes everything, folders too" everything_is_removed
check "make uninstall removes nothing else" nothing_else_is_removed
check "DESTDIR stages a package, and leaves no trace in it" stages_a_package
needs pkg-config && check "pkg-config leaves out the system's folders" system_paths_are_left_to_the_compiler
check "make uninstall empties the stage" unstages_a_package
needs pkg-config && check "LIBDIR, INCLUDEDIR, MANDIR and DOCDIR can lie apart" takes_every_folder
check "a relative PREFIX, and a BUILT with nothing in it, are refused" refuses_nonsense
check "without cargo, as under sudo, it says what to do" says_how_to_build_first
check "stytch(3) has every function of the header" manual_has_every_function
needs man && check "stytch(3) renders without a warning" manual_renders
check "Libs.private is what rustc says" static_libraries_are_all_named
