//! Runs the fault matrix, prints a summary, and holds `docs/fault-matrix.md` to the table.
//!
//! Each case is run with the calls that block, and again with calls that are started on a queue. `cargo test --test
//! fault_matrix -- WORDS` runs the cases whose names hold all the words; `--queue` runs them through a queue alone,
//! `--blocking` not through one.
//! `UPDATE_DOCS=1` rewrites the page.

mod faults;
#[path = "support/library.rs"]
mod library;
#[path = "support/stytch.rs"]
mod stytch;

use std::collections::{BTreeSet, VecDeque};
use std::io::Read;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use faults::judge::{self, Bench, Verdict};
use faults::row::{Row, Way};
use faults::{case, page};

/// Cases at once: most of their time is waiting.
const WORKERS: usize = 10;

fn name(row: &Row) -> String {
    format!("{}: {}", row.area, row.what)
}

fn main() -> ExitCode {
    let rows = faults::rows();
    let names: BTreeSet<String> = rows.iter().map(name).collect();
    assert_eq!(names.len(), rows.len(), "two cases have the same name");
    if let Ok(wanted) = std::env::var(judge::ROW_VARIABLE) {
        let row = rows.into_iter().find(|row| name(row) == wanted);
        let mut input = String::new();
        std::io::stdin()
            .read_to_string(&mut input)
            .expect("the parent's words");
        println!("{}", case::run(row.expect("a row"), &input));
        return ExitCode::SUCCESS;
    }
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let is_given = |flag| std::env::args().any(|word| word == flag);
    let ways = match (is_given("--blocking"), is_given("--queue")) {
        (true, false) => &[Way::Blocking][..],
        (false, true) => &[Way::Queue],
        _ => &[Way::Blocking, Way::Queue],
    };
    let has_words = |row: &&Row| words.iter().all(|word| name(row).contains(word));
    let chosen: Vec<Run> = rows
        .iter()
        .filter(has_words)
        .flat_map(|row| ways.iter().map(move |way| (row, *way)))
        .filter(|(row, way)| row.is_run(*way))
        .collect();
    assert!(!chosen.is_empty(), "no case has these words: {words:?}");
    let begin = Instant::now();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let bench = Bench::set_up(folder.path());
    let mut verdicts = run_all(&bench, &chosen);
    judge_late_again(&bench, &chosen, &mut verdicts);
    let (passed, known) = report(&chosen, &verdicts);
    let failed = chosen.len() - passed - known;
    let latest = verdicts.iter().filter_map(|verdict| verdict.after_deadline);
    println!(
        "worst answer to a deadline: {} ms after it; {:.1} s in all",
        latest.max().unwrap_or_default().as_millis(),
        begin.elapsed().as_secs_f32()
    );
    tell_cancelled(&verdicts);
    println!("matrix: {passed} passed, {failed} failed");
    let is_current = page_is_current(&rows);
    if failed == 0 && is_current {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A row, and how its calls are made.
type Run<'a> = (&'a Row, Way);

fn name_of((row, way): Run) -> String {
    match way {
        Way::Blocking => name(row),
        Way::Queue => format!("{}, through a queue", name(row)),
    }
}

/// How soon calls that were cancelled came out, beside all the others.
fn tell_cancelled(verdicts: &[Verdict]) {
    let mut times: Vec<_> = verdicts.iter().filter_map(|one| one.after_cancel).collect();
    times.sort();
    if let Some(worst) = times.last() {
        let [median, worst] = [times[times.len() / 2], *worst].map(|time| time.as_secs_f64() * 1e3);
        println!("calls cancelled or freed in flight: median {median:.1} ms, worst {worst:.1} ms");
    }
}

fn is_known(row: &Row) -> bool {
    faults::KNOWN.iter().any(|(known, _)| *known == name(row))
}

fn run_all(bench: &Bench, runs: &[Run]) -> Vec<Verdict> {
    let queue: Mutex<VecDeque<usize>> = Mutex::new((0..runs.len()).collect());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(at) = queue.lock().expect("no panic").pop_front() else {
                        return;
                    };
                    let (row, way) = runs[at];
                    let verdict = judge::run(bench, row, way);
                    done.lock().expect("no panic").push((at, verdict));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, verdict)| verdict).collect()
}

/// A bound that is missed beside other cases may be the machine's fault, and so may a deadline that came before the call
/// was where it should be by then. Alone, two more runs must both be right.
fn judge_late_again(bench: &Bench, runs: &[Run], verdicts: &mut [Verdict]) {
    for (&(row, way), verdict) in runs.iter().zip(verdicts) {
        let is_late = !verdict.excess.is_zero();
        if !(is_late || verdict.is_starved) || is_known(row) {
            continue;
        }
        println!(
            "late by {} ms beside others, so alone now: {}",
            verdict.excess.as_millis(),
            name_of((row, way))
        );
        if verdict.is_starved {
            println!("    {:?}", verdict.faults);
            verdict.faults.clear();
        }
        for _ in 0..2 {
            let again = judge::run(bench, row, way);
            verdict.faults.extend(again.faults);
            verdict.after_deadline = again.after_deadline;
            verdict.after_cancel = again.after_cancel;
            if !again.excess.is_zero() {
                let late = again.excess.as_millis();
                verdict.faults.push(format!("{late} ms too late, alone"));
            }
        }
        verdict.excess = Duration::ZERO;
    }
}

/// Prints what failed, and says how many passed and how many are known not to.
fn report(runs: &[Run], verdicts: &[Verdict]) -> (usize, usize) {
    let (mut passed, mut listed) = (0, 0);
    for (&(row, way), verdict) in runs.iter().zip(verdicts) {
        let known = faults::KNOWN.iter().find(|(known, _)| *known == name(row));
        match (known, verdict.faults.is_empty() && verdict.excess.is_zero()) {
            (None, true) => passed += 1,
            (Some((_, finding)), false) => {
                listed += 1;
                println!("known: {}: {finding}", name(row));
            }
            (Some(_), true) => println!("FAILED {}\n    it passes: take it off KNOWN", name(row)),
            (None, false) => {
                println!("FAILED {}", name_of((row, way)));
                for fault in &verdict.faults {
                    println!("    {fault}");
                }
            }
        }
    }
    (passed, listed)
}

fn page_is_current(rows: &[Row]) -> bool {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fault-matrix.md");
    let page = page::page(rows);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(path, page).expect("the page");
        return true;
    }
    let is_current = std::fs::read_to_string(path).is_ok_and(|text| text == page);
    if !is_current {
        println!("docs/fault-matrix.md is not what the table gives: set UPDATE_DOCS=1");
    }
    is_current
}
