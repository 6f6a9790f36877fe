//! Arrows between modules point one way: no module uses, on however long a way, one that uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Which module of a crate uses which, by the paths in their `use` lines. A module and what is below it are one.
fn arrows(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut sources = BTreeMap::new();
    read(&root, &root, &mut sources);
    let uses = sources.iter().map(|(module, source)| {
        let paths = source
            .split("\nuse ")
            .chain(source.split("\npub use "))
            .skip(1)
            .filter_map(|rest| rest.split_once(';'))
            .flat_map(|(tree, _)| leaves(&tree.split_whitespace().collect::<String>()));
        let used = paths.filter_map(|path| resolve(module, &path, &sources));
        (module.clone(), used.filter(|used| used != module).collect())
    });
    uses.collect()
}

fn read(root: &Path, folder: &Path, sources: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix(root)
                .expect("below it")
                .with_extension("");
            let name = name.to_string_lossy().replace('/', "::");
            let name = name.trim_end_matches("::mod");
            if !matches!(name, "lib" | "main") && !name.ends_with("tests") {
                let source = fs::read_to_string(&path).expect("a source");
                let (code, _) = source
                    .split_once("#[cfg(test)]\nmod")
                    .unwrap_or((&source, ""));
                sources.insert(name.to_owned(), format!("\n{code}"));
            }
        }
    }
}

/// The single paths of `a::{b, c::{d, e}}`.
fn leaves(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.to_owned()];
    };
    let (mut depth, mut part, mut parts) = (0, String::new(), Vec::new());
    for character in rest.trim_end_matches('}').chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    parts.push(part);
    let parts = parts.iter().filter(|part| !part.is_empty());
    parts
        .flat_map(|part| leaves(&format!("{before}{part}")))
        .collect()
}

/// The module that a path leads to, as seen from `module`.
fn resolve(module: &str, path: &str, sources: &BTreeMap<String, String>) -> Option<String> {
    let mut steps: Vec<&str> = module.split("::").collect();
    let mut names = path.split("::").peekable();
    match *names.peek()? {
        "crate" => {
            steps.clear();
            names.next();
        }
        "super" => {}
        _ => return None,
    }
    while names.next_if_eq(&"super").is_some() {
        steps.pop();
    }
    steps.extend(names);
    while !steps.is_empty() {
        let name = steps.join("::");
        if sources.contains_key(&name) {
            // What a folder's own file uses of the folder is no arrow.
            return (!module.starts_with(&format!("{name}::"))).then_some(name);
        }
        steps.pop();
    }
    None
}

/// A way from a module back to itself.
fn circle(arrows: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    arrows.keys().find_map(|start| {
        let mut ways = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            for next in &arrows[way.last().expect("a way has a start")] {
                let longer = [way.clone(), vec![next.clone()]].concat();
                if next == start {
                    return Some(longer);
                }
                if seen.insert(next.clone()) {
                    ways.push(longer);
                }
            }
        }
        None
    })
}

#[test]
fn no_module_uses_one_that_uses_it() {
    for folder in ["core/src", "reader/src", "src", "sandbox/src"] {
        let arrows = arrows(folder);
        let count: usize = arrows.values().map(BTreeSet::len).sum();
        assert!(count > 10, "{folder}: only {count} arrows were found");
        assert_eq!(circle(&arrows), None, "{folder}");
    }
}

#[test]
fn a_circle_is_seen() {
    let arrows = |list: &[(&str, &[&str])]| {
        let owned = list.iter().map(|(module, used)| {
            let used = used.iter().map(|name| (*name).to_owned()).collect();
            ((*module).to_owned(), used)
        });
        owned.collect::<BTreeMap<String, BTreeSet<String>>>()
    };
    assert_eq!(
        circle(&arrows(&[("a", &["b"]), ("b", &["c"]), ("c", &[])])),
        None
    );
    assert!(circle(&arrows(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])).is_some());
    assert_eq!(
        leaves("super::{a,b::{c,d}}"),
        ["super::a", "super::b::c", "super::b::d"]
    );
}
