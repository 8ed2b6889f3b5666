//! Work on several files at once.
//!
//! Goes in: items and what to do with each. Comes out: the results, in the order of the items, or the first error. On threads of their own
//! rather than rayon's: polars waits for a pool of its own, and a thread of rayon's that waits takes up another item on top of its stack, again
//! and again.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` with every item, on as many threads as the current rayon pool has.
pub(super) fn each<I: Sync, T: Send, E: Send>(items: &[I], work: impl Fn(&I) -> Result<T, E> + Sync) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(usize::MAX);
    let done: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(items.len()));
    let take = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at).filter(|_| failed.load(Ordering::Relaxed) == usize::MAX) else { return };
            let result = work(item);
            if result.is_err() {
                failed.fetch_min(at, Ordering::Relaxed);
            }
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
        }
    };
    let threads = rayon::current_num_threads().min(items.len());
    if threads <= 1 {
        take();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(take))));
    }
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..1_000).collect();
        assert_eq!(each(&items, |item| Ok::<_, ()>(item * 2)), Ok(items.iter().map(|item| item * 2).collect()));
    }

    #[test]
    fn an_error_ends_the_work() {
        let items: Vec<u32> = (0..1_000).collect();
        assert_eq!(each(&items, |item| if *item == 7 { Err("seven") } else { Ok(()) }), Err("seven"));
    }
}
