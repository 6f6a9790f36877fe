//! That a model finds what it is for.

use super::*;

fn shared<T: Default>() -> [Arc<T>; 2] {
    let one: Arc<T> = Arc::default();
    [Arc::clone(&one), one]
}

#[test]
fn every_order_is_run() {
    // Two steps each, of two threads: six orders, of which three preemptions
    // leave none out. The last step of each is its end.
    let seen: Arc<sync::Mutex<std::collections::BTreeSet<Vec<u8>>>> = Arc::default();
    let of_model = Arc::clone(&seen);
    let runs = explore(move || {
        let [order, of_other] = shared::<Mutex<Vec<u8>>>();
        let step = |order: &Mutex<Vec<u8>>, name| order.lock().unwrap().push(name);
        let other = spawn(move || (0..2).for_each(|_| step(&of_other, 2)));
        (0..2).for_each(|_| step(&order, 1));
        await_end(&other);
        let order = order.lock().unwrap().clone();
        of_model.lock().unwrap().insert(order);
    });
    assert!(runs.unwrap() >= 6);
    assert_eq!(seen.lock().unwrap().len(), 6);
}

#[test]
fn a_lost_wake_up_is_found() {
    type Shared = (Mutex<bool>, Condvar);
    let scenario = |is_right: bool| {
        move || {
            let [waiter, waker] = shared::<Shared>();
            let other = spawn(move || {
                *waker.0.lock().unwrap() = true;
                waker.1.notify_all();
            });
            // The fault: the lock is given up between the look and the wait.
            let mut state = waiter.0.lock().unwrap();
            if !is_right {
                let is_set = *state;
                drop(state);
                state = waiter.0.lock().unwrap();
                if !is_set {
                    drop(waiter.1.wait_timeout(state, FOR_EVER).unwrap());
                }
            } else {
                while !*state {
                    state = waiter.1.wait_timeout(state, FOR_EVER).unwrap().0;
                }
            }
            await_end(&other);
        }
    };
    explore(scenario(true)).unwrap();
    let found = explore(scenario(false)).unwrap_err();
    assert!(found.contains("nobody can go on"), "{found}");
}

#[test]
fn locks_that_are_held_crosswise_are_found() {
    let found = explore(|| {
        let [here, there] = shared::<[Mutex<()>; 2]>();
        spawn(move || {
            let _first = there[1].lock();
            let _second = there[0].lock();
        });
        let _first = here[0].lock();
        let _second = here[1].lock();
    });
    assert!(found.unwrap_err().contains("nobody can go on"));
}

#[test]
fn a_wait_may_end_by_itself_or_by_a_wake_up() {
    let seen: Arc<sync::Mutex<Vec<bool>>> = Arc::default();
    let of_model = Arc::clone(&seen);
    let runs = explore(move || {
        let [waiter, waker] = shared::<(Mutex<()>, Condvar)>();
        let state = waiter.0.lock().unwrap();
        let other = spawn(move || {
            drop(waker.0.lock());
            waker.1.notify_one();
        });
        let (state, result) = waiter
            .1
            .wait_timeout(state, Duration::from_secs(1))
            .unwrap();
        drop(state);
        of_model.lock().unwrap().push(result.timed_out());
        await_end(&other);
    });
    runs.unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&true) && seen.contains(&false));
}
