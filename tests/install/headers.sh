# The headers as each compiler and standard takes them: alone, included twice, and without a warning.

mkdir "$work/headers"
cp "$root/include/stytch.h" "$root"/bindings/cpp/*.hpp "$work/headers"

# What the compiler is to take: a header once, and once more.
for header in stytch.h stytch.hpp; do
    for times in once twice; do
        for language in c cpp; do
            echo "#include <$header>" >"$work/$header-$times.$language"
            [ "$times" = once ] || echo "#include <$header>" >>"$work/$header-$times.$language"
        done
    done
done

strictly() { "$@" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$work/headers"; }

# takes COMPILER STANDARD HEADER LANGUAGE
takes() {
    strictly "$1" "-std=$2" "$work/$3-once.$4"
    strictly "$1" "-std=$2" "$work/$3-twice.$4"
}

# A compiler that takes everything would pass the lines above.
refuses() {
    mkdir -p "$work/planted"
    sed 's|^#endif  /\* STYTCH_H \*/|typedef int planted[0];\n&|' "$work/headers/stytch.h" >"$work/planted/stytch.h"
    fails cmp "$work/headers/stytch.h" "$work/planted/stytch.h"
    fails "$1" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$work/planted" "$work/stytch.h-once.$2"
}

tcc_takes() {
    local out
    out=$(tcc -Wall -Werror -I"$work/headers" -c "$work/stytch.h-once.c" -o "$work/tcc.o" 2>&1)
    out+=$(tcc -Wall -Werror -I"$work/headers" -c "$work/stytch.h-twice.c" -o "$work/tcc.o" 2>&1)
    equal "$out" ""
}

documents() {
    mkdir -p "$work/docs"
    (cd "$root" && STYTCH_VERSION=0 STYTCH_DOCS="$work/docs" doxygen packaging/Doxyfile)
    ls "$work/docs/html/stytch_8h.html" "$work/docs/html/classstytch_1_1client.html"
    # As someone who runs it without our settings.
    printf '%s\n' "INPUT = $root/include/stytch.h $root/bindings/cpp/stytch.hpp $root/bindings/cpp/stytch_queue.hpp $root/bindings/cpp/stytch_result.hpp" "OUTPUT_DIRECTORY = $work/docs" \
        'GENERATE_LATEX = NO' 'HAVE_DOT = NO' 'QUIET = YES' >"$work/plain.doxygen"
    equal "$(doxygen "$work/plain.doxygen" 2>&1)" ""
}

documents_what_is_documented() {
    mkdir -p "$work/undocumented/include" "$work/undocumented/bindings/cpp" "$work/undocumented/docs"
    sed '/^ \* @param url /d' "$work/headers/stytch.h" >"$work/undocumented/include/stytch.h"
    cp "$work"/headers/*.hpp "$work/undocumented/bindings/cpp"
    (cd "$work/undocumented" && fails env STYTCH_VERSION=0 STYTCH_DOCS=docs doxygen "$root/packaging/Doxyfile")
}

for compiler in gcc clang; do
    needs "$compiler" || continue
    for standard in c99 c11 c17 c2x; do
        check "$compiler -std=$standard stytch.h" takes "$compiler" "$standard" stytch.h c
    done
    check "$compiler sees a planted mistake" refuses "$compiler" c
done
for compiler in g++ clang++; do
    needs "$compiler" || continue
    for standard in c++98 c++11 c++14 c++17 c++20 c++2b; do
        check "$compiler -std=$standard stytch.h" takes "$compiler" "$standard" stytch.h cpp
    done
    for standard in c++11 c++14 c++17 c++20 c++2b; do
        check "$compiler -std=$standard stytch.hpp" takes "$compiler" "$standard" stytch.hpp cpp
    done
    check "$compiler sees a planted mistake" refuses "$compiler" cpp
done
needs tcc && check "tcc stytch.h" tcc_takes
if needs doxygen; then
    check "Doxygen has nothing to say" documents
    check "Doxygen sees a parameter that is not documented" documents_what_is_documented
fi
