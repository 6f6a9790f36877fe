# Small projects that know only the installed tree, in a folder of their own each.

build_library
start_sandbox

# project NAME: a fresh copy of the projects, so that nothing of the repository is beside them.
project() {
    rm -rf "$work/projects"
    cp -R "$here/consumers" "$work/projects"
    cp "$work/projects/pkg-config/Makefile" "$work/projects/Makefile"
    cd "$work/projects"
}

# by_pkg_config C-COMPILER C++-COMPILER TARGET COUNT needs_library|needs_no_library
by_pkg_config() {
    project
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s CC="$1" CXX="$2" "$3"
    "$5" "$3"
    authenticates "$4" "./$3"
}

# The two libraries need it, or have it inside; their program knows nothing of it.
two_libraries() {
    project
    # The linker, too, looks for what a library needs on the loader's path.
    LD_LIBRARY_PATH=$library_path PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s CC="$1" "two-$2"
    "$3" "libfirst-$2.so"
    "$3" "libsecond-$2.so"
    authenticates 2 "./two-$2"
}

by_tcc() {
    project
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s CC=tcc app-shared
    needs_library app-shared
    authenticates 1 ./app-shared
}

opened_by_path() {
    project
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s CC="$1" loader
    needs_no_library loader
    (unset LD_LIBRARY_PATH && library_path='' && authenticates 2 ./loader "$prefix/lib/libstytch.so")
    authenticates 2 ./loader libstytch.so.0
}

on_a_small_stack() {
    project
    start_tls_sandbox
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s small-stack
    authenticates 1 ./small-stack "$tls_base_url" "$work/ca.pem"
}

in_a_child_process() {
    project
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s fork
    authenticates 2 ./fork
}

# configure [OPTION...]: as a user who has the library under a prefix.
configure() { cmake -S cmake -B build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release "$@"; }

# CMake writes the library's folder into the programs, so the loader needs no other hint.
by_cmake() {
    project
    configure -DCMAKE_C_COMPILER="$1" -DCMAKE_CXX_COMPILER="$2"
    cmake --build build
    needs_library build/app-shared
    needs_no_library build/app-static
    needs_library build/app-cpp
    library_path=''
    authenticates 1 build/app-shared
    authenticates 1 build/app-static
    authenticates 1 build/app-cpp
}

cmake_takes_what_fits() {
    project
    local wanted
    for wanted in 0 0.1 0.1.0 "0.1.0;EXACT" 0.0.9 "0.1...0.9" "0.1...<1"; do
        rm -rf build
        configure -DSTYTCH_WANTED="$wanted"
    done
    for wanted in 0.1.1 0.2 1 "0.1;EXACT;COMPONENTS;none" "0.2...0.9" "0.0.1...<0.1.0" "0.1;COMPONENTS;none"; do
        rm -rf build
        fails configure -DSTYTCH_WANTED="$wanted"
    done
}

# A distribution's package for development may come without the static library.
cmake_does_without_the_static_library() {
    local prefix=$work/lean
    project
    cp -R "$work/plain" "$prefix"
    rm "$prefix/lib/libstytch.a"
    sed -i '/app-static/d' cmake/CMakeLists.txt
    configure
    rm "$prefix/lib/libstytch.so.0.1.0"
    fails configure
    rm -rf "$prefix"
}

by_a_moved_tree() {
    local prefix="$work/moved here" library_path="$work/moved here/lib"
    project
    mv "$work/plain" "$prefix" # away: nothing may be found where it was
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s app-shared app-embedded
    authenticates 1 ./app-shared
    authenticates 1 ./app-embedded
    configure
    cmake --build build
    authenticates 1 build/app-shared
}

by_a_sysroot() {
    local library_path="$work/root/usr/lib/x86_64-linux-gnu"
    project
    make_install DESTDIR="$work/root" PREFIX=/usr LIBDIR=/usr/lib/x86_64-linux-gnu
    PKG_CONFIG_SYSROOT_DIR="$work/root" PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s app-shared
    authenticates 1 ./app-shared
    cmake -S cmake -B build -DCMAKE_PREFIX_PATH="$work/root/usr" -DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu
    cmake --build build
    authenticates 1 build/app-static
    rm -rf "$work/root"
}

# The checks above see more than they should if a used token, or no library, passed as well.
a_failure_is_seen() {
    project
    PKG_CONFIG_LIBDIR="$library_path/pkgconfig" make -s app-shared
    new_tokens 1
    LD_LIBRARY_PATH=$library_path ./app-shared <"$work/tokens"
    (export LD_LIBRARY_PATH=$library_path && fails ./app-shared <"$work/tokens")
    new_tokens 1
    (unset LD_LIBRARY_PATH && fails ./app-shared <"$work/tokens")
}

for prefix in "$work/plain" "$work/with space"; do
    library_path=$prefix/lib
    make_install PREFIX="$prefix" >/dev/null || exit 1
    where=${prefix##*/}
    for compilers in "gcc g++" "clang clang++"; do
        read -r cc cxx <<<"$compilers"
        needs "$cc" "$cxx" pkg-config || continue
        check "$where: pkg-config, $cc, shared" by_pkg_config "$cc" "$cxx" app-shared 1 needs_library
        check "$where: pkg-config, $cc, all static" by_pkg_config "$cc" "$cxx" app-static 1 needs_no_library
        check "$where: pkg-config, $cc, libstytch static" by_pkg_config "$cc" "$cxx" app-embedded 1 needs_no_library
        check "$where: pkg-config, $cxx, stytch.hpp, shared" by_pkg_config "$cc" "$cxx" app-cpp-shared 1 needs_library
        check "$where: pkg-config, $cxx, stytch.hpp, all static" by_pkg_config "$cc" "$cxx" app-cpp-static 1 needs_no_library
        check "$where: dlopen, $cc" opened_by_path "$cc"
        check "$where: two libraries in a process, $cc, shared" two_libraries "$cc" shared needs_library
        check "$where: two libraries in a process, $cc, one static each" two_libraries "$cc" embedded needs_no_library
        needs cmake && check "$where: CMake, $cc and $cxx, shared and static" by_cmake "$cc" "$cxx"
    done
    needs tcc && check "$where: pkg-config, tcc, shared" by_tcc
done
prefix=$work/plain library_path=$work/plain/lib
check "a thread with a stack of 64 KiB" on_a_small_stack
check "a child process after fork" in_a_child_process
needs cmake && check "a sysroot, with the system's library folder" by_a_sysroot
needs cmake && check "CMake takes the versions that fit, and no others" cmake_takes_what_fits
needs cmake && check "CMake does without the static library" cmake_does_without_the_static_library
check "a used token and a missing library are seen" a_failure_is_seen
needs cmake && check "a tree that was moved" by_a_moved_tree
