//! Prints nanoseconds per operation for ping-pong, a ring and spawning, on one core of the calling thread and on two
//! threads: `cargo run --release -p scheduler --example throughput`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use executor::{Pool, Waker, Work};
use scheduler::{
    Activity, Actor, Address, Band, Cause, Config, Context, Delivery, Drained, Limits, Scheduler,
    SendOutcome, SpawnOptions, Step,
};

/// A token that members of a ring pass on (a pair is a ring of two), or a spawner, or its short-lived child.
enum Bench {
    Member { next: Option<Address>, inbox: Vec<Delivery<Bench>> },
    Spawner { left: u64 },
    Child,
}

enum Message {
    Next(Address),
    Token(u64),
}

impl Actor for Bench {
    type Message = Message;
    type Reason = ();
    type Epitaph = ();
    type Gauge = AtomicU64;

    fn step(&mut self, context: &mut Context<'_, Self>) -> Step<()> {
        context.charge(10);
        match self {
            Bench::Child => Step::Done(()),
            Bench::Spawner { left: 0 } => Step::Done(()),
            Bench::Spawner { left } => {
                for _ in 0..16.min(*left) {
                    let options = SpawnOptions::default();
                    assert!(context.spawn(Bench::Child, options).is_ok(), "room for a few");
                    *left -= 1;
                }
                Step::Yield
            }
            Bench::Member { next, inbox } => {
                let Drained::Delivered(_) = context.drain(|_| (), inbox) else { return Step::Done(()) };
                for delivery in inbox.drain(..) {
                    let Delivery::Message { message, bytes, .. } = delivery else { continue };
                    context.consumed(1, bytes);
                    match (message, *next) {
                        (Message::Next(address), _) => *next = Some(address),
                        (Message::Token(0), _) | (Message::Token(_), None) => {}
                        (Message::Token(hops), Some(next)) => {
                            assert!(matches!(
                                context.send(next, Message::Token(hops - 1)),
                                SendOutcome::Sent
                            ));
                        }
                    }
                }
                Step::Wait
            }
        }
    }

    fn message_bytes(_: &Message) -> usize {
        16
    }

    fn reason(_: Cause) {}

    fn is_normal(_: &()) -> bool {
        true
    }

    fn publish(&self, gauge: &AtomicU64) {
        gauge.store(1, Ordering::Relaxed);
    }

    fn epitaph(&self) {}
}

fn world(cores: usize, waker: Waker) -> Arc<Scheduler<Bench>> {
    let start = Instant::now();
    Scheduler::new(Config {
        cores,
        limits: Limits { actors_max: 1 << 20, ..Limits::default() },
        clock: Arc::new(move || start.elapsed().as_secs_f64() * 1000.0),
        waker,
        notify: Box::new(|_| ()),
    })
}

/// Makes a ring; it stands still until it gets tokens.
fn ring(world: &Scheduler<Bench>, members: usize) -> Vec<Address> {
    let start =
        |_| world.start(Bench::Member { next: None, inbox: Vec::new() }, Band::Normal).ok().expect("room");
    let ring: Vec<Address> = (0..members).map(start).collect();
    for index in 0..members {
        let next = ring[(index + 1) % members];
        assert!(matches!(world.send(ring[index], Message::Next(next)), SendOutcome::Sent));
    }
    ring
}

/// Best of five, in nanoseconds per operation.
fn measure(name: &str, operations: u64, mut run: impl FnMut()) {
    let best = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed()
    });
    let best = best.min().unwrap_or(Duration::ZERO);
    println!("{name:<44} {:>8.1} ns", best.as_secs_f64() * 1e9 / operations as f64);
}

fn main() {
    let world_of_one = world(1, Waker::none());
    let alone = &*world_of_one;
    for (name, members) in
        [("ping-pong, 1 core: send+wake+dispatch+wait", 2), ("ring of 1,000, 1 core: hop", 1000)]
    {
        let ring = ring(alone, members);
        alone.run_until_idle();
        measure(name, 1_000_000, || {
            assert!(matches!(alone.send(ring[0], Message::Token(1_000_000)), SendOutcome::Sent));
            alone.run_until_idle();
        });
    }
    measure("spawn + run + end, 1 core", 500_000, || {
        assert!(alone.start(Bench::Spawner { left: 500_000 }, Band::Normal).is_ok());
        alone.run_until_idle();
    });

    let pool = Pool::new(2);
    let threaded = world(2, pool.waker(2));
    pool.attach(Arc::clone(&threaded) as Arc<dyn Work>);
    let mut threads = Vec::new();
    pool.start(|_, run| threads.push(thread::spawn(run)));
    let rest = || {
        while threaded.activity() == Activity::Running {
            thread::sleep(Duration::from_micros(100));
        }
    };
    let members = ring(&threaded, 1000);
    rest();
    measure("ring of 1,000, 1 token, 2 threads: hop", 300_000, || {
        assert!(matches!(threaded.send(members[0], Message::Token(300_000)), SendOutcome::Sent));
        rest();
    });
    measure("ring of 1,000, 100 tokens, 2 threads: hop", 2_000_000, || {
        for &member in members.iter().step_by(10) {
            assert!(matches!(threaded.send(member, Message::Token(20_000)), SendOutcome::Sent));
        }
        rest();
    });
    measure("spawn + run + end, 4 spawners, 2 threads", 1_000_000, || {
        for _ in 0..4 {
            assert!(threaded.start(Bench::Spawner { left: 250_000 }, Band::Normal).is_ok());
        }
        rest();
    });
    pool.shut_down();
    for thread in threads {
        thread.join().expect("a core loop ends");
    }
}
