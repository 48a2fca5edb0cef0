//! The same machine on several threads: nothing is lost, nothing is doubled, and it comes to rest.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{PLAIN, Reason, Stub, Threaded, eventually};
use scheduler::{
    Activity, Address, Band, Delivery, ExitKind, Inspection, SendOutcome, SpawnOptions, Step, Unavailable,
};

const CORES: usize = if cfg!(miri) { 2 } else { 4 };

/// Fewer rounds where each costs a thousand times as much.
const fn scaled(rounds: u64) -> u64 {
    if cfg!(miri) { rounds / 100 } else { rounds }
}

fn start(world: &Threaded, stub: Stub) -> Address {
    world.world.start(stub, Band::Normal).ok().expect("room")
}

#[test]
fn ping_pong_across_cores_comes_to_rest() {
    let world = Threaded::new(CORES);
    let done = Arc::new(AtomicU64::new(0));
    for _ in 0..8 {
        let done = Arc::clone(&done);
        let mut partner = None;
        let ping = Stub::new(move |context, deliveries| {
            let own = context.address();
            let partner = *partner.get_or_insert_with(|| {
                let pong = Stub::new(move |context, deliveries| {
                    for delivery in deliveries {
                        if let Delivery::Message { message, .. } = delivery {
                            assert_eq!(context.send(own, message + 1), SendOutcome::Sent);
                        }
                    }
                    Step::Wait
                });
                let (partner, _) =
                    context.spawn(pong, SpawnOptions { link: true, ..PLAIN }).ok().expect("room");
                assert_eq!(context.send(partner, 0), SendOutcome::Sent);
                partner
            });
            for delivery in deliveries {
                if let Delivery::Message { message, .. } = delivery {
                    if message >= 20_000 {
                        done.fetch_add(1, Ordering::Relaxed);
                        return Step::Done(Reason::Error("takes the partner along"));
                    }
                    assert_eq!(context.send(partner, message + 1), SendOutcome::Sent);
                }
            }
            Step::Wait
        });
        start(&world, ping);
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    assert_eq!(done.load(Ordering::Relaxed), 8);
    assert_eq!(world.world.statistics().ended, 16);
}

#[test]
fn a_storm_loses_nothing_and_keeps_each_pairs_order() {
    const SENDERS: u64 = 40;
    const EACH: u64 = 5_000;
    let world = Threaded::new(CORES);
    let received = Arc::new(AtomicU64::new(0));
    let receivers: Vec<Address> = (0..4)
        .map(|_| {
            let received = Arc::clone(&received);
            let mut next = vec![0; SENDERS as usize];
            start(
                &world,
                Stub::new(move |_, deliveries| {
                    for delivery in deliveries {
                        let Delivery::Message { message, .. } = delivery else { panic!("only messages") };
                        let (sender, count) = ((message >> 32) as usize, message as u32);
                        assert_eq!(count, next[sender], "order of sender {sender}");
                        next[sender] += 1;
                        received.fetch_add(1, Ordering::Relaxed);
                    }
                    Step::Wait
                }),
            )
        })
        .collect();
    for sender in 0..SENDERS {
        let receivers = receivers.clone();
        let mut sent = 0;
        start(
            &world,
            Stub::new(move |context, _| {
                for _ in 0..100 {
                    for &receiver in &receivers {
                        assert_eq!(context.send(receiver, sender << 32 | sent), SendOutcome::Sent);
                    }
                    sent += 1;
                }
                if sent == EACH { Step::Done(Reason::Normal) } else { Step::Yield }
            }),
        );
    }
    eventually("at rest", || world.world.activity() == Activity::Deadlock);
    assert_eq!(received.load(Ordering::Relaxed), SENDERS * EACH * 4);
    let statistics = world.world.statistics();
    assert_eq!((statistics.messages, statistics.alive, statistics.ready), (SENDERS * EACH * 4, 4, 0));
    world.world.for_each_actor(|row| assert_eq!((row.mailbox_messages, row.mailbox_bytes), (0, 0)));
}

#[test]
fn a_hundred_thousand_spawns_all_end() {
    let world = Threaded::new(CORES);
    let ran = Arc::new(AtomicU64::new(0));
    for _ in 0..10 {
        let ran = Arc::clone(&ran);
        let mut left = 10_000;
        start(
            &world,
            Stub::new(move |context, deliveries| {
                assert!(deliveries.is_empty());
                for _ in 0..100 {
                    let ran = Arc::clone(&ran);
                    let child = Stub::new(move |_, _| {
                        ran.fetch_add(1, Ordering::Relaxed);
                        Step::Done(Reason::Normal)
                    });
                    context.spawn(child, PLAIN).ok().expect("room");
                }
                left -= 100;
                if left == 0 { Step::Done(Reason::Normal) } else { Step::Yield }
            }),
        );
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    assert_eq!(ran.load(Ordering::Relaxed), 100_000);
    assert_eq!(world.world.statistics().ended, 100_010);
    assert!(world.world.ended().len() <= 1000);
}

#[test]
fn every_monitor_is_answered_whenever_the_watched_one_ends() {
    // Watchers race with the ends of short-lived actors whose slots are reused at once.
    const WATCHERS: u64 = if cfg!(miri) { 3 } else { 16 };
    const ROUNDS: u64 = scaled(2_000);
    let world = Threaded::new(CORES);
    let downs = Arc::new(AtomicU64::new(0));
    for _ in 0..WATCHERS {
        let downs = Arc::clone(&downs);
        let (mut round, mut open) = (0, 0_u64);
        start(
            &world,
            Stub::new(move |context, deliveries| {
                for delivery in deliveries {
                    let Delivery::Down { reason, .. } = delivery else { panic!("only downs") };
                    assert!(matches!(reason, Reason::Normal | Reason::NoProcess), "{reason:?}");
                    open -= 1;
                    downs.fetch_add(1, Ordering::Relaxed);
                }
                if round == ROUNDS {
                    return if open == 0 { Step::Done(Reason::Normal) } else { Step::Wait };
                }
                round += 1;
                let child = Stub::new(|_, _| Step::Done(Reason::Normal));
                let (child, _) = context.spawn(child, PLAIN).ok().expect("room");
                context.monitor(child);
                open += 1;
                // Monitor it a second time after it may have ended and its slot been taken over.
                context.monitor(child);
                open += 1;
                if round % 3 == 0 { Step::Wait } else { Step::Yield }
            }),
        );
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    assert_eq!(downs.load(Ordering::Relaxed), WATCHERS * ROUNDS * 2);
}

#[test]
fn messages_to_actors_that_come_and_go_are_all_accounted_for() {
    const SENDERS: u64 = if cfg!(miri) { 3 } else { 12 };
    const ROUNDS: u64 = scaled(1_000);
    let world = Threaded::new(CORES);
    let received = Arc::new(AtomicU64::new(0));
    let (sent, gone) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for _ in 0..SENDERS {
        let (received, sent, gone) = (Arc::clone(&received), Arc::clone(&sent), Arc::clone(&gone));
        let mut rounds = 0;
        start(
            &world,
            Stub::new(move |context, _| {
                let received = Arc::clone(&received);
                let mut mine = 0;
                let child = Stub::new(move |_, deliveries| {
                    for _ in &deliveries {
                        received.fetch_add(1, Ordering::Relaxed);
                        mine += 1;
                    }
                    // Ends in the middle of the stream.
                    if mine >= 5 { Step::Done(Reason::Normal) } else { Step::Wait }
                });
                let (child, _) = context.spawn(child, PLAIN).ok().expect("room");
                for message in 0..50 {
                    match context.send(child, message) {
                        SendOutcome::Sent => sent.fetch_add(1, Ordering::Relaxed),
                        SendOutcome::NoProcess => gone.fetch_add(1, Ordering::Relaxed),
                        full => panic!("{full:?}"),
                    };
                }
                rounds += 1;
                if rounds == ROUNDS { Step::Done(Reason::Normal) } else { Step::Yield }
            }),
        );
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    let (received, sent, gone) =
        (received.load(Ordering::Relaxed), sent.load(Ordering::Relaxed), gone.load(Ordering::Relaxed));
    assert_eq!(sent + gone, SENDERS * ROUNDS * 50);
    let statistics = world.world.statistics();
    assert_eq!(statistics.messages, sent);
    assert_eq!(statistics.dead_letters, gone + sent - received);
}

#[test]
fn pause_holds_all_cores_and_resume_goes_on() {
    let world = Threaded::new(CORES);
    let slices = Arc::new(AtomicU64::new(0));
    let actors: Vec<Address> = (0..20)
        .map(|_| {
            let slices = Arc::clone(&slices);
            start(
                &world,
                Stub::new(move |_, _| {
                    slices.fetch_add(1, Ordering::Relaxed);
                    Step::Yield
                }),
            )
        })
        .collect();
    for round in 0..50 {
        let before = slices.load(Ordering::Relaxed);
        eventually("runs", || slices.load(Ordering::Relaxed) > before);
        world.world.pause();
        eventually("quiet", || world.world.is_quiet());
        let held = slices.load(Ordering::Relaxed);
        let stepped = actors[round % actors.len()];
        assert_eq!(world.world.run_one(stepped), Ok(Step::Yield));
        assert_eq!(slices.load(Ordering::Relaxed), held + 1);
        assert!(actors.iter().all(|&actor| world.world.with_actor(actor, |_| ()).is_ok()));
        world.world.resume();
    }
    // All twenty still run: no entry was lost or doubled into starvation.
    let counts = || -> Vec<u64> {
        let mut counts = vec![0; actors.len()];
        world.world.for_each_actor(|row| {
            let index = actors.iter().position(|actor| *actor == row.address).expect("one of ours");
            counts[index] = row.gauge.load(Ordering::Relaxed);
        });
        counts
    };
    let before = counts();
    eventually("all go on", || counts().iter().zip(&before).all(|(now, then)| now > then));
    world.world.stop();
    eventually("quiet", || world.world.is_quiet());
}

#[test]
fn an_actor_that_pauses_the_world_does_not_run_again_before_it_is_resumed() {
    let world = Threaded::new(2);
    let slices = Arc::new(AtomicU64::new(0));
    let (count, scheduler) = (Arc::clone(&slices), Arc::downgrade(&world.world));
    start(
        &world,
        Stub::new(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
            // The other core is looking for work and may already have looked at the gate.
            scheduler.upgrade().expect("it runs").pause();
            Step::Yield
        }),
    );
    for round in 1..=scaled(20_000) {
        let mut looks = 0_u64;
        while !world.world.is_quiet() {
            looks += 1;
            assert!(looks < 200_000_000, "never quiet in round {round}");
            std::hint::spin_loop();
        }
        assert_eq!(slices.load(Ordering::Relaxed), round);
        world.world.resume();
    }
}

#[test]
fn the_host_can_look_at_actors_while_they_run() {
    let world = Threaded::new(2);
    let actors: Vec<Address> = (0..8)
        .map(|index| {
            start(&world, Stub::new(move |_, _| if index % 2 == 0 { Step::Yield } else { Step::Wait }))
        })
        .collect();
    let looks = Arc::new(AtomicU64::new(0));
    let mut asked = 0;
    for round in 0..20_000 {
        let address = actors[round % actors.len()];
        if round % 3 == 0 {
            match world.world.with_actor(address, |actor| actor.slices()) {
                Ok(_) | Err(Unavailable::Running) => {}
                Err(Unavailable::Ended) => panic!("lives"),
            }
        } else {
            let looks = Arc::clone(&looks);
            let outcome = world.world.inspect(address, move |_| {
                looks.fetch_add(1, Ordering::Relaxed);
            });
            assert_ne!(outcome, Inspection::Ended);
            asked += 1;
        }
    }
    eventually("every look happened", || looks.load(Ordering::Relaxed) == asked);
    for &actor in &actors {
        world.world.exit(actor, Reason::Normal, ExitKind::Kill);
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
}

#[test]
fn killing_reaches_busy_and_waiting_actors_alike() {
    let world = Threaded::new(CORES);
    let actors: Vec<Address> = (0..500)
        .map(|index| {
            start(&world, Stub::new(move |_, _| if index % 2 == 0 { Step::Yield } else { Step::Wait }))
        })
        .collect();
    for &actor in &actors {
        world.world.exit(actor, Reason::Normal, ExitKind::Kill);
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    assert!(world.world.ended().iter().all(|row| row.reason == Reason::Killed));
}

#[test]
fn timers_fire_on_threads_while_cores_sleep() {
    let world = Threaded::new(2);
    let fired = Arc::new(AtomicU64::new(0));
    for index in 0..20_u64 {
        let fired = Arc::clone(&fired);
        let mut armed = false;
        start(
            &world,
            Stub::new(move |context, deliveries| {
                if !std::mem::replace(&mut armed, true) {
                    context.arm_timer(index as f64, index);
                    return Step::Wait;
                }
                match deliveries.first() {
                    Some(Delivery::Timeout { token }) => {
                        assert_eq!(*token, index);
                        assert!(context.now_ms() >= index as f64);
                        fired.fetch_add(1, Ordering::Relaxed);
                        Step::Done(Reason::Normal)
                    }
                    _ => Step::Wait,
                }
            }),
        );
    }
    eventually("all ended", || world.world.activity() == Activity::Ended);
    assert_eq!(fired.load(Ordering::Relaxed), 20);
    assert!(world.idle_notices.load(Ordering::Relaxed) > 0);
}

#[test]
fn rest_is_never_reported_while_something_is_on_its_way() {
    // One token goes round a ring for a long time: there is always exactly one thing to do, on whichever core.
    let world = Threaded::new(CORES);
    let hops = Arc::new(AtomicU64::new(0));
    const HOPS: u64 = scaled(200_000);
    let members: Vec<Address> = {
        let slots: Arc<std::sync::OnceLock<Vec<Address>>> = Arc::default();
        let members: Vec<Address> = (0..8_usize)
            .map(|index| {
                let (slots, hops) = (Arc::clone(&slots), Arc::clone(&hops));
                start(
                    &world,
                    Stub::new(move |context, deliveries| {
                        for _ in deliveries {
                            if hops.fetch_add(1, Ordering::SeqCst) + 1 < HOPS {
                                let members = slots.get().expect("set before the token");
                                let next = members[(index + 1) % members.len()];
                                assert_eq!(context.send(next, 0), SendOutcome::Sent);
                            }
                        }
                        Step::Wait
                    }),
                )
            })
            .collect();
        slots.set(members.clone()).expect("once");
        members
    };
    assert_eq!(world.world.send(members[0], 0), SendOutcome::Sent);
    let mut looks = 0_u64;
    loop {
        let activity = world.world.activity();
        let at = hops.load(Ordering::SeqCst);
        looks += 1;
        if activity == Activity::Deadlock {
            // Read after the verdict: the ring was over by then.
            assert_eq!(at, HOPS, "reported rest after {looks} looks");
            break;
        }
    }
}

#[test]
fn busy_actors_get_turns_alike_whatever_core_they_began_on() {
    const ACTORS: usize = 400;
    let turns_max = scaled(400 * 1_000);
    let ahead = turns_max / 20;
    let world = Threaded::new(2);
    let turns: Arc<Vec<AtomicU64>> = Arc::new((0..ACTORS).map(|_| AtomicU64::new(0)).collect());
    let all = Arc::new(AtomicU64::new(0));
    let mut started = 0;
    let (counts, sum) = (Arc::clone(&turns), Arc::clone(&all));
    let mut spawn = move |context: &mut scheduler::Context<'_, Stub>| {
        let (own, counts, sum) = (started, Arc::clone(&counts), Arc::clone(&sum));
        started += 1;
        let busy = Stub::new(move |_, _| {
            let work = (0..2_000_u64).fold(own as u64, |hash, step| hash.rotate_left(5) ^ step);
            counts[own].fetch_add(1, Ordering::Relaxed);
            let enough = sum.fetch_add(1, Ordering::Relaxed) >= turns_max && work != 1;
            if enough { Step::Done(Reason::Normal) } else { Step::Yield }
        });
        context.spawn(busy, PLAIN).ok().expect("room");
    };
    let (sum, mut slices) = (Arc::clone(&all), 0);
    start(
        &world,
        Stub::new(move |context, _| {
            slices += 1;
            // One actor first, until it has the other core for itself, then all others at once.
            if slices == 1 {
                spawn(context);
            } else if sum.load(Ordering::Relaxed) >= ahead {
                (1..ACTORS).for_each(|_| spawn(context));
                return Step::Done(Reason::Normal);
            }
            Step::Yield
        }),
    );
    eventually("all ended", || world.world.activity() == Activity::Ended);
    let counts: Vec<u64> = turns.iter().map(|count| count.load(Ordering::Relaxed)).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    // Without sharing, an actor alone on its core gets as many turns as all others together.
    assert!(most <= ahead + turns_max / 8, "{most} turns of {counts:?}");
}
