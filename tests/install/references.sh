# What one file of the repository says is in another: a heading that a message names, and the links of a page.

pages=$(cd "$root" && git ls-files '*.md' 2>/dev/null) || pages=
[ -n "$pages" ] || pages=$(cd "$root" && find . -name '*.md' -not -path '*/target/*' -not -path '*/node_modules/*')

# headings FILE: without the marks for emphasis and code, in lower case.
headings() { grep -E '^#{1,6} ' "$root/$1" | sed -E 's/^#+ +//; s/[`*]//g' | tr '[:upper:]' '[:lower:]'; }

# As GitHub makes a link of a heading.
anchors() { headings "$1" | sed -E 's/[^[:alnum:] _-]//g; s/ /-/g'; }

# Every heading in quotes that a script, a comment or a page says is in a page.
headings_are_there() {
    local found=0 line heading page
    while IFS= read -r line; do
        heading=$(sed -E 's/^\\?"(.*[^\\])\\?" (in|of) .*/\1/' <<<"$line" | tr '[:upper:]' '[:lower:]')
        page=${line##* }
        found=$((found + 1))
        headings "$page" | grep -qxF -- "$heading" || { echo "no heading: $line"; return 1; }
    done < <(cd "$root" && git grep -hoIE '\\?"[A-Z][^"\\]*\\?" (in|of) [A-Za-z/_-]+\.md' -- "${1:-.}")
    [ "$found" -gt 0 ]
}

# Every [text](FILE#heading) of a page, but for those that lead away.
links_lead_somewhere() {
    local page link file anchor found=0
    for page in $pages; do
        while IFS= read -r link; do
            found=$((found + 1))
            file=${link%%#*} anchor=
            case $link in *#*) anchor=${link#*#} ;; esac
            if [ -z "$file" ]; then file=$page; else file=$(dirname "$page")/$file; fi
            [ -e "$root/$file" ] || { echo "$page leads to $link, which is not there"; return 1; }
            [ -z "$anchor" ] || anchors "$file" | grep -qxF -- "$anchor" || { echo "$page leads to $link: no such heading"; return 1; }
        done < <(grep -oE '\]\([^)]+\)' "$root/$page" | sed 's/^](//; s/)$//; s/ ".*//' | grep -vE '^(https?|mailto):')
    done
    [ "$found" -gt 5 ]
}

sees_a_heading_that_is_missing() {
    local root=$work/planted
    mkdir "$root"
    git -C "$root" init --quiet
    printf '# One\n\n## When it does not work\n' >"$root/README.md"
    printf 'echo "see \\"When it does not work\\" in README.md"\n' >"$root/script"
    git -C "$root" add .
    headings_are_there
    printf '# One\n\n## Other\n' >"$root/README.md"
    fails headings_are_there
    pages=README.md
    for link in '[a](#one)' '[a](script)'; do
        printf '# One\n%s\n%s\n%s\n%s\n%s\n%s\n' "$link" "$link" "$link" "$link" "$link" "$link" >"$root/README.md"
        links_lead_somewhere
    done
    for link in '[a](#two)' '[a](other)'; do
        printf '# One\n%s\n' "$link" >"$root/README.md"
        fails links_lead_somewhere
    done
}

if needs git; then
    check "a heading that is missing would be seen" sees_a_heading_that_is_missing
    check "the headings that are named are there" headings_are_there
    check "the pages' links lead somewhere" links_lead_somewhere
fi
