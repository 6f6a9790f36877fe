use super::*;
use crate::call::Subject;
use crate::error::About;
use crate::events::{Level, Log};
use crate::options::Options;
use crate::outcome::{Code, Repeat};
use crate::workers::Workers;

/// It has no result, and panics when the log asks for its secrets.
struct Panics;

impl Operation for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn about(&self) -> About {
        About {
            subject: Subject::Nothing,
            repeat: Repeat::Harmless,
        }
    }

    fn secrets(&self) -> Vec<&str> {
        panic!("planted");
    }

    fn run(&self, _: &Sender, _: &Run) -> Result<Response> {
        Err(Error::invalid("it has no result"))
    }
}

fn task(queue: &Arc<Queue<Task>>) -> Arc<Task> {
    let options = Options {
        log: Some(Log::new(Level::Debug, Arc::new(|_, _| {}))),
        ..Options::default()
    };
    let sender = Arc::new(Sender::new("project-test-1", "secret", &options).unwrap());
    let place = Workers::new(1, 1).place().unwrap();
    Task::new(Box::new(Panics), &sender, place, queue, 1).unwrap()
}

#[test]
fn a_call_comes_out_even_if_its_end_panics() {
    let queue = Arc::new(Queue::new().unwrap());
    let ends: [fn(Arc<Task>); 3] = [
        |task| task.cancel(),
        |task| task.run(true),
        |task| task.fail(|sender, operation, run| sender.give_up(operation, run)),
    ];
    for end in ends {
        let task = task(&queue);
        let ended = panic::catch_unwind(AssertUnwindSafe(|| end(Arc::clone(&task))));
        let out = queue.next().expect("the call comes out");
        assert!(Arc::ptr_eq(&out, &task) && ended.is_ok());
        assert_eq!(task.take().unwrap_err().code(), Code::Internal);
    }
}

#[test]
fn the_result_of_a_freed_call_is_dropped_though_others_have_a_part_in_the_call() {
    let queue = Arc::new(Queue::new().unwrap());
    let task = task(&queue);
    Arc::clone(&task).run(false);
    assert!(matches!(task.lock().stage, Stage::Finished(_)));
    task.forget();
    assert!(matches!(task.lock().stage, Stage::Taken));
    assert!(queue.next().is_none());
}
