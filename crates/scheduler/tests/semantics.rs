//! What actors can rely on, on one thread, where every order is fixed.

mod common;

use std::sync::{Arc, Mutex};

use common::{Alone, PLAIN, Reason, Stub};
use scheduler::{
    Activity, ActorId, Address, Band, Context, Delivery, ExitKind, Limits, SendOutcome, SpawnError,
    SpawnOptions, Step,
};

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn describe(delivery: &Delivery<Stub>) -> String {
    match delivery {
        Delivery::Message { message, .. } => format!("message {message}"),
        Delivery::Exit { reason, .. } => format!("exit {reason:?}"),
        Delivery::Down { reason, .. } => format!("down {reason:?}"),
        Delivery::Timeout { token } => format!("timeout {token}"),
    }
}

/// Logs what arrives, for ever. Message 0 ends it normally, message 1 with an error.
fn listener(log: &Log, trap: bool) -> Stub {
    let log = log.clone();
    Stub::new(move |context, deliveries| {
        context.set_trap_exit(trap);
        for delivery in &deliveries {
            log.add(describe(delivery));
            match delivery {
                Delivery::Message { message: 0, .. } => return Step::Done(Reason::Normal),
                Delivery::Message { message: 1, .. } => return Step::Done(Reason::Error("bad")),
                _ => {}
            }
        }
        Step::Wait
    })
}

/// Starts an actor that does one thing at its first slice and then waits; runs the world dry.
fn once(alone: &Alone, act: impl FnOnce(&mut Context<'_, Stub>) + Send + 'static) -> Address {
    let mut act = Some(act);
    let stub = Stub::new(move |context, _| {
        if let Some(act) = act.take() {
            act(context);
        }
        Step::Wait
    });
    let address = alone.world.start(stub, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    address
}

fn send(alone: &Alone, to: Address, message: u64) {
    assert_eq!(alone.world.send(to, message), SendOutcome::Sent);
    alone.world.run_until_idle();
}

#[test]
fn messages_arrive_in_order_and_the_world_ends() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let main = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    assert_eq!(alone.world.run_until_idle(), Activity::Deadlock);
    for message in [5, 6, 7, 0] {
        assert_eq!(alone.world.send(main, message), SendOutcome::Sent);
    }
    assert_eq!(alone.world.activity(), Activity::Running);
    assert_eq!(alone.world.run_until_idle(), Activity::Ended);
    assert_eq!(log.take(), ["message 5", "message 6", "message 7", "message 0"]);
    assert_eq!(alone.world.main_ended(), Some(Reason::Normal));
    assert_eq!(alone.world.send(main, 1), SendOutcome::NoProcess);
    let ended = alone.world.ended();
    assert_eq!((ended.len(), ended[0].number, ended[0].address, ended[0].epitaph), (1, 1, main, 2));
}

#[test]
fn exits_follow_erlangs_table() {
    // (trap, linked or asked or kill, reason) => (log, alive after)
    let table: &[(bool, &str, Reason, &[&str], bool)] = &[
        (false, "link", Reason::Normal, &[], true),
        (false, "link", Reason::Error("bad"), &[], false),
        (true, "link", Reason::Normal, &["exit Normal"], true),
        (true, "link", Reason::Error("bad"), &["exit Error(\"bad\")"], true),
        (false, "ask", Reason::Normal, &[], true),
        (false, "ask", Reason::Error("bad"), &[], false),
        (true, "ask", Reason::Normal, &["exit Normal"], true),
        (true, "ask", Reason::Error("bad"), &["exit Error(\"bad\")"], true),
        (false, "kill", Reason::Normal, &[], false),
        (true, "kill", Reason::Normal, &[], false),
    ];
    for (trap, how, reason, expected, alive) in table.iter().cloned() {
        let (alone, log) = (Alone::new(Limits::default()), Log::default());
        let victim = alone.world.start(listener(&log, trap), Band::Normal).ok().expect("room");
        alone.world.run_until_idle();
        let why = reason.clone();
        let mut linked = false;
        let actor = Stub::new(move |context, _| match how {
            "link" if !linked => {
                context.link(victim);
                linked = true;
                Step::Yield
            }
            "link" => Step::Done(why.clone()),
            "ask" => {
                context.exit_signal(victim, why.clone());
                Step::Wait
            }
            _ => {
                context.kill(victim);
                Step::Wait
            }
        });
        alone.world.start(actor, Band::Normal).ok().expect("room");
        alone.world.run_until_idle();
        assert_eq!(log.take(), expected, "{trap} {how} {reason:?}");
        assert_eq!(alone.world.is_live(victim), alive, "{trap} {how} {reason:?}");
        let ended = alone.world.ended().into_iter().find(|row| row.address == victim);
        let expected = if how == "kill" { Reason::Killed } else { reason };
        assert_eq!(ended.map(|row| row.reason), (!alive).then_some(expected));
    }
}

#[test]
fn a_normal_exit_that_an_actor_asks_of_itself_ends_it() {
    let alone = Alone::new(Limits::default());
    let own = once(&alone, |context| context.exit_signal(context.address(), Reason::Normal));
    assert!(!alone.world.is_live(own));
}

#[test]
fn a_link_works_both_ways_and_unlinking_takes_it_away() {
    for (unlink, alive) in [(false, false), (true, true)] {
        let (alone, log) = (Alone::new(Limits::default()), Log::default());
        let other = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
        let linker = once(&alone, move |context| {
            context.link(other);
            if unlink {
                context.unlink(other);
            }
        });
        send(&alone, other, 1);
        assert!(!alone.world.is_live(other));
        assert_eq!(alone.world.is_live(linker), alive);
    }
}

#[test]
fn a_killed_actors_links_see_killed() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let victim = alone.world.start(listener(&log, true), Band::Normal).ok().expect("room");
    let watcher = alone.world.start(listener(&log, true), Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    alone.world.with_actor(watcher, |_| ()).expect("idle");
    let log_of_linker = log.clone();
    let mut linked = false;
    let linker = Stub::new(move |context, deliveries| {
        context.set_trap_exit(true);
        if !linked {
            linked = true;
            context.link(victim);
        }
        deliveries.iter().for_each(|delivery| log_of_linker.add(describe(delivery)));
        Step::Wait
    });
    alone.world.start(linker, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    alone.world.exit(victim, Reason::Normal, ExitKind::Kill);
    alone.world.run_until_idle();
    assert_eq!(log.take(), ["exit Killed"]);
}

#[test]
fn linking_or_monitoring_the_dead_answers_noproc() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let dead = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    send(&alone, dead, 0);
    log.take();
    let seen = log.clone();
    let mut first = true;
    let asker = Stub::new(move |context, deliveries| {
        context.set_trap_exit(true);
        if std::mem::take(&mut first) {
            context.link(dead);
            context.monitor(dead);
        }
        deliveries.iter().for_each(|delivery| seen.add(describe(delivery)));
        Step::Wait
    });
    alone.world.start(asker, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    assert_eq!(log.take(), ["exit NoProcess", "down NoProcess"]);
    // Without a trap the link's answer is fatal.
    let linker = once(&alone, move |context| context.link(dead));
    assert!(!alone.world.is_live(linker));
    // A monitor never is.
    let watcher = once(&alone, move |context| assert_ne!(context.monitor(dead), context.monitor(dead)));
    assert!(alone.world.is_live(watcher));
}

#[test]
fn monitors_tell_once_and_not_after_demonitor() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let watched = alone.world.start(listener(&Log::default(), false), Band::Normal).ok().expect("room");
    let seen = log.clone();
    let mut first = true;
    let watcher = Stub::new(move |context, deliveries| {
        if std::mem::take(&mut first) {
            context.monitor(watched);
            context.monitor(watched);
            let third = context.monitor(watched);
            assert!(context.demonitor(third));
            assert!(!context.demonitor(third));
        }
        deliveries.iter().for_each(|delivery| seen.add(describe(delivery)));
        Step::Wait
    });
    alone.world.start(watcher, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    send(&alone, watched, 1);
    assert_eq!(log.take(), ["down Error(\"bad\")", "down Error(\"bad\")"]);
}

#[test]
fn spawning_with_link_and_monitor_leaves_no_gap() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let seen = log.clone();
    let mut first = true;
    let parent = Stub::new(move |context, deliveries| {
        context.set_trap_exit(true);
        if std::mem::take(&mut first) {
            let child = Stub::new(|_, _| Step::Done(Reason::Error("at once")));
            let options = SpawnOptions { link: true, monitor: true, ..PLAIN };
            let (address, monitor) = context.spawn(child, options).ok().expect("room");
            assert!(monitor.is_some());
            assert_eq!(address.id, context.id().child(0));
        }
        deliveries.iter().for_each(|delivery| seen.add(describe(delivery)));
        Step::Wait
    });
    alone.world.start(parent, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    assert_eq!(log.take(), ["exit Error(\"at once\")", "down Error(\"at once\")"]);
}

#[test]
fn a_panic_ends_that_actor_only() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let neighbour = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    let bad = alone.world.start(Stub::new(|_, _| panic!("broken {}", 7)), Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    assert!(!alone.world.is_live(bad));
    assert_eq!(alone.world.ended()[0].reason, Reason::Panicked("broken 7".to_owned()));
    send(&alone, neighbour, 9);
    assert_eq!(log.take(), ["message 9"]);
}

#[test]
fn a_full_mailbox_names_its_limit_and_gives_the_message_back() {
    let limits = Limits { mailbox_messages_max: 3, mailbox_bytes_max: 1000, actors_max: 10 };
    let (alone, log) = (Alone::new(limits), Log::default());
    let slow = alone.world.start(listener(&log, true), Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    for message in 10..13 {
        assert_eq!(alone.world.send(slow, message), SendOutcome::Sent);
    }
    assert_eq!(alone.world.send(slow, 13), SendOutcome::TooManyMessages { limit: 3, message: 13 });
    // Signals pass all the same.
    alone.world.exit(slow, Reason::Error("asked"), ExitKind::Request);
    alone.world.run_until_idle();
    assert_eq!(log.take(), ["message 10", "message 11", "message 12", "exit Error(\"asked\")"]);
    send(&alone, slow, 14);
    let mut view = None;
    alone.world.for_each_actor(|row| view = Some((row.address, row.mailbox_messages, row.mailbox_bytes)));
    assert_eq!(view, Some((slow, 0, 0)));

    let limits = Limits { mailbox_bytes_max: 20, ..limits };
    let alone = Alone::new(limits);
    let slow = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    assert_eq!(alone.world.send(slow, 1), SendOutcome::Sent);
    assert_eq!(alone.world.send(slow, 2), SendOutcome::Sent);
    assert_eq!(alone.world.send(slow, 3), SendOutcome::TooManyBytes { limit: 20, message: 3 });
}

#[test]
fn the_actor_limit_is_exact_and_ends_make_room() {
    let alone = Alone::new(Limits { actors_max: 3, ..Limits::default() });
    let log = Log::default();
    let actors: Vec<_> =
        (0..3).map(|_| alone.world.start(listener(&log, false), Band::Normal).ok().expect("room")).collect();
    let (_, error) = alone.world.start(listener(&log, false), Band::Normal).map(|_| ()).expect_err("full");
    assert_eq!(error, SpawnError::TooManyActors { limit: 3 });
    assert_eq!(error.to_string(), "too many actors: the limit is 3");
    send(&alone, actors[1], 0);
    assert!(alone.world.start(listener(&log, false), Band::Normal).is_ok());
}

#[test]
fn a_stale_address_never_reaches_the_slots_next_actor() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let main = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    let first = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    send(&alone, first, 0);
    log.take();
    // The child reuses the core's free slot.
    let heir = Arc::new(Mutex::new(None));
    let (found, seen) = (Arc::clone(&heir), log.clone());
    once(&alone, move |context| {
        *found.lock().unwrap() = context.spawn(listener(&seen, false), PLAIN).ok();
    });
    let (heir, _) = heir.lock().unwrap().take().expect("spawned");
    assert_eq!(heir.slot, first.slot);
    assert_ne!(heir.generation, first.generation);
    assert_eq!(alone.world.send(first, 77), SendOutcome::NoProcess);
    alone.world.exit(first, Reason::Error("stale"), ExitKind::Kill);
    send(&alone, heir, 5);
    send(&alone, main, 6);
    assert_eq!(log.take(), ["message 5", "message 6"]);
    assert_eq!(alone.world.statistics().dead_letters, 2);
}

#[test]
fn timers_run_in_virtual_time() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let seen = log.clone();
    let mut first = true;
    let actor = Stub::new(move |context, deliveries| {
        if std::mem::take(&mut first) {
            for (ms, token) in [(30.0, 3), (10.0, 1), (20.0, 2), (10.0, 11)] {
                context.arm_timer(ms, token);
            }
            assert!(context.cancel_timer(2));
            assert!(!context.cancel_timer(2));
        }
        deliveries.iter().for_each(|delivery| seen.add(describe(delivery)));
        Step::Wait
    });
    alone.world.start(actor, Band::Normal).ok().expect("room");
    assert_eq!(alone.world.run_until_idle(), Activity::Waiting { due_ms: 10.0 });
    alone.advance_ms(9);
    alone.world.pause();
    alone.advance_ms(1000);
    alone.world.run_until_idle();
    alone.world.resume();
    assert_eq!(alone.world.run_until_idle(), Activity::Waiting { due_ms: 10.0 });
    assert_eq!(log.take(), [""; 0]);
    alone.advance_ms(1);
    assert_eq!(alone.world.run_until_idle(), Activity::Waiting { due_ms: 30.0 });
    assert_eq!(log.take(), ["timeout 1", "timeout 11"]);
    alone.advance_ms(20);
    assert_eq!(alone.world.run_until_idle(), Activity::Deadlock);
    assert_eq!(log.take(), ["timeout 3"]);
    assert_eq!(alone.world.statistics().timers, 0);
}

#[test]
fn a_timer_cancelled_after_it_was_due_is_not_delivered_and_an_end_cancels_all() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let seen = log.clone();
    let mut slice = 0;
    let actor = Stub::new(move |context, deliveries| {
        slice += 1;
        deliveries.iter().for_each(|delivery| seen.add(describe(delivery)));
        match slice {
            1 => {
                context.arm_timer(1.0, 1);
                context.arm_timer(500.0, 2);
                Step::Wait
            }
            _ => Step::Done(Reason::Normal),
        }
    });
    let address = alone.world.start(actor, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    assert_eq!(alone.world.statistics().timers, 2);
    alone.world.exit(address, Reason::Normal, ExitKind::Kill);
    assert_eq!(alone.world.run_until_idle(), Activity::Ended);
    assert_eq!(alone.world.statistics().timers, 0);
}

#[test]
fn ids_do_not_depend_on_what_others_do() {
    let ids = |noise: bool| {
        let alone = Alone::new(Limits::default());
        let (ids, log) = (Arc::new(Mutex::new(Vec::<ActorId>::new())), Log::default());
        let found = Arc::clone(&ids);
        let mut slices = 0;
        let main = Stub::new(move |context, _| {
            let child = context.spawn(listener(&log, false), PLAIN).ok().expect("room").0;
            found.lock().unwrap().push(child.id);
            slices += 1;
            if slices < 5 { Step::Yield } else { Step::Wait }
        });
        alone.world.start(main, Band::Normal).ok().expect("room");
        if noise {
            once(&alone, |context| {
                for _ in 0..50 {
                    context.spawn(Stub::new(|_, _| Step::Done(Reason::Normal)), PLAIN).ok().expect("room");
                }
            });
        }
        alone.world.run_until_idle();
        std::mem::take(&mut *ids.lock().unwrap())
    };
    assert_eq!(ids(false), ids(true));
    assert_eq!(ids(false).len(), 5);
}

#[test]
fn one_thread_runs_in_an_order_that_only_the_program_decides() {
    let run = || {
        let (alone, log) = (Alone::new(Limits::default()), Log::default());
        for actor in 0..5 {
            let log = log.clone();
            let mut slices = 0;
            let stub = Stub::new(move |_, _| {
                log.add(format!("{actor}.{slices}"));
                slices += 1;
                if slices < 4 { Step::Yield } else { Step::Done(Reason::Normal) }
            });
            alone.world.start(stub, Band::Normal).ok().expect("room");
        }
        alone.world.run_until_idle();
        log.take()
    };
    let order = run();
    assert_eq!(order.len(), 20);
    assert_eq!(order, run());
}

#[test]
fn pausing_stops_slices_and_allows_single_steps() {
    let alone = Alone::new(Limits::default());
    let counter = Stub::new(|_, _| Step::Yield);
    let address = alone.world.start(counter, Band::Normal).ok().expect("room");
    alone.world.pause();
    assert!(alone.world.is_quiet());
    alone.world.run_until_idle();
    assert_eq!(alone.world.with_actor(address, |actor| actor.slices()), Ok(0));
    assert_eq!(alone.world.run_one(address), Ok(Step::Yield));
    assert_eq!(alone.world.run_one(address), Ok(Step::Yield));
    assert_eq!(alone.world.with_actor(address, |actor| actor.slices()), Ok(2));
    assert_eq!(alone.world.activity(), Activity::Running);
    alone.world.resume();
    assert_eq!(alone.world.run_one(address), Err(scheduler::Unavailable::Running));
    use executor::Work;
    alone.world.run(executor::CoreIndex(0));
    // One entry, not three: a turn's worth of slices and no double.
    assert_eq!(alone.world.core_statistics(executor::CoreIndex(0)).queued, 1);
    assert!(alone.world.with_actor(address, |actor| actor.slices()).is_ok_and(|slices| slices > 2));
    alone.world.stop();
    alone.world.resume();
    assert!(alone.world.is_quiet());
    assert!(alone.world.is_live(address));
}

#[test]
fn an_actor_stepped_by_the_host_to_its_end_leaves_nothing_behind() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let address = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    alone.world.pause();
    assert_eq!(alone.world.send(address, 0), SendOutcome::Sent);
    assert_eq!(alone.world.run_one(address), Ok(Step::Done(())));
    assert_eq!(alone.world.run_one(address), Err(scheduler::Unavailable::Ended));
    alone.world.resume();
    assert_eq!(alone.world.run_until_idle(), Activity::Ended);
    assert_eq!(alone.world.main_ended(), Some(Reason::Normal));
}

#[test]
fn names_lead_to_live_actors_only() {
    let (alone, log) = (Alone::new(Limits::default()), Log::default());
    let server = alone.world.start(listener(&log, false), Band::Normal).ok().expect("room");
    once(&alone, move |context| {
        assert_eq!(context.whereis("server"), None);
        assert_eq!(context.register("server", server), Ok(()));
        assert_eq!(context.register("server", context.address()), Err(scheduler::NameTaken(server)));
        assert_eq!(context.whereis("server"), Some(server));
    });
    assert_eq!(alone.world.names().len(), 1);
    send(&alone, server, 0);
    assert_eq!(alone.world.names().len(), 0);
    once(&alone, |context| {
        assert_eq!(context.whereis("server"), None);
        assert_eq!(context.register("server", context.address()), Ok(()));
        assert!(context.unregister("server"));
        assert!(!context.unregister("server"));
    });
    assert!(
        alone.world.ended().iter().all(|row| row.reason == Reason::Normal),
        "an assertion failed in an actor"
    );
}

#[test]
fn the_throttle_keeps_its_rate() {
    let alone = Alone::new(Limits::default());
    alone.world.set_rate(Some(1000));
    alone.world.start(Stub::new(|_, _| Step::Yield), Band::Normal).ok().expect("room");
    for _ in 0..1000 {
        alone.advance_ms(1);
        alone.world.run_until_idle();
    }
    let reductions = alone.world.statistics().reductions;
    assert!((950..=1050).contains(&reductions), "{reductions} in a second");
}

#[test]
fn slices_are_recorded_when_asked_for() {
    let alone = Alone::new(Limits::default());
    let core = executor::CoreIndex(0);
    alone.world.start(Stub::new(|_, _| Step::Done(Reason::Normal)), Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    assert!(alone.world.take_slices(core).0.is_empty());
    alone.world.record_slices(true);
    let clock = Arc::clone(&alone.clock_us);
    let busy = Stub::new(move |_, _| {
        clock.fetch_add(2000, std::sync::atomic::Ordering::Relaxed);
        Step::Done(Reason::Normal)
    });
    alone.world.start(busy, Band::Normal).ok().expect("room");
    alone.world.run_until_idle();
    let (rows, dropped) = alone.world.take_slices(core);
    assert_eq!((rows.len(), dropped, rows[0].number, rows[0].length_ms), (1, 0, 2, 2.0));
    assert_eq!(alone.world.core_statistics(core).busy_ms, 2.0);
}

#[test]
fn a_drain_may_hold_envelopes_back() {
    // The second message is delivered before the first.
    use scheduler::{Actor, Cause, Drained, Envelope};
    struct Late {
        held: Vec<Envelope<Late>>,
        seen: Arc<Mutex<Vec<u64>>>,
    }
    impl Actor for Late {
        type Message = u64;
        type Reason = ();
        type Epitaph = ();
        type Gauge = ();
        fn step(&mut self, context: &mut Context<'_, Self>) -> Step<()> {
            let mut deliveries = Vec::new();
            let held = &mut self.held;
            let drained = context.drain(
                |arrived| {
                    if held.is_empty() {
                        held.extend(arrived.pop_front());
                    } else {
                        arrived.extend(held.drain(..));
                    }
                },
                &mut deliveries,
            );
            assert!(matches!(drained, Drained::Delivered(_)));
            for delivery in deliveries {
                if let Delivery::Message { message, .. } = delivery {
                    self.seen.lock().unwrap().push(message);
                }
            }
            Step::Wait
        }
        fn message_bytes(_: &u64) -> usize {
            1
        }
        fn reason(_: Cause) {}
        fn is_normal(_: &()) -> bool {
            true
        }
        fn publish(&self, _: &()) {}
        fn epitaph(&self) {}
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let world = scheduler::Scheduler::new(scheduler::Config {
        cores: 1,
        limits: Limits::default(),
        clock: Arc::new(|| 0.0),
        waker: executor::Waker::none(),
        notify: Box::new(|_| ()),
    });
    let late = Late { held: Vec::new(), seen: Arc::clone(&seen) };
    let address = world.start(late, Band::Normal).ok().expect("room");
    for message in [1, 2] {
        assert_eq!(world.send(address, message), SendOutcome::Sent);
        world.run_until_idle();
    }
    assert_eq!(*seen.lock().unwrap(), [2, 1]);
}
