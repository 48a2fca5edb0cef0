//! What the reducer promises.

use protocol::{ActorDetail, ActorState, Priority};

use super::*;

fn opened(origin: Origin, text: &str) -> Opened {
    Opened {
        origin,
        files: vec![SourceText { name: "main.scm".into(), text: text.into() }],
        settings: Settings::default(),
        speed: Speed::Full,
        breakpoints: Vec::new(),
    }
}

fn state() -> State {
    State::new(opened(Origin::Empty, "1"), Theme::System, Vec::new())
}

fn detail(actor: u32, lines: &[u32]) -> ActorDetail {
    let frame = |&line: &u32| FrameRow {
        procedure: "f".into(),
        location: Some(Location { file: "main.scm".into(), line, column: 1, start: 0, end: 1 }),
        variables: Vec::new(),
    };
    ActorDetail {
        row: ActorRow {
            actor: ActorNumber(actor),
            label: "main".into(),
            state: ActorState::Paused,
            mailbox: 0,
            heap_words: 0,
            reductions: 0,
            priority: Priority::Normal,
            line: 0,
        },
        mailbox: Vec::new(),
        mailbox_more: 0,
        frames: lines.iter().map(frame).collect(),
        frames_more: 0,
        bytecode: None,
        exit_reason: None,
        collections: 0,
    }
}

fn breakpoint_pause(actor: u32, line: u32) -> RunStatus {
    RunStatus::Paused {
        actor: Some(ActorNumber(actor)),
        reason: PauseReason::Breakpoint { file: "main.scm".into(), line },
    }
}

#[test]
fn a_breakpoint_selects_its_actor_and_shows_the_debugger() {
    let mut state = state();
    state.apply(Action::Events(vec![
        Event::Status(RunStatus::Running),
        Event::Status(breakpoint_pause(3, 7)),
    ]));
    assert_eq!(state.selected, Some(ActorNumber(3)));
    assert_eq!(state.tab, Tab::Debugger);
    assert_eq!(state.current_place(), Some(("main.scm", 7)));
    assert_eq!(state.attention, 1);
}

#[test]
fn the_current_line_follows_the_selected_frame_and_goes_when_the_run_goes_on() {
    let mut state = state();
    state.apply(Action::Events(vec![Event::Status(breakpoint_pause(1, 7))]));
    let mut snapshot = empty_snapshot();
    snapshot.status = breakpoint_pause(1, 7);
    snapshot.selected = Some(detail(1, &[7, 12]));
    state.apply(Action::Snapshot(Rc::new(snapshot)));
    state.apply(Action::SelectFrame(1));
    assert_eq!(state.current_place(), Some(("main.scm", 12)));
    state.apply(Action::Events(vec![Event::Status(RunStatus::Running)]));
    assert_eq!(state.current_place(), None);
}

#[test]
fn the_first_edit_after_opening_names_a_new_draft_and_later_ones_keep_it() {
    let mut state = state();
    state.apply(Action::Open(opened(Origin::Draft("old".into()), "mine")));
    state.apply(Action::Open(opened(Origin::Example("hello.scm".into()), "(display 1)")));
    assert_eq!(state.edits, 0);
    state.apply(Action::Edited { file: 0, text: "(display 2)".into(), draft: "new".into() });
    assert_eq!(state.origin, Origin::Draft("new".into()));
    state.apply(Action::Edited { file: 0, text: "(display 3)".into(), draft: "other".into() });
    assert_eq!(state.origin, Origin::Draft("new".into()));
    assert_eq!(state.edits, 2);
}

#[test]
fn an_edit_that_changes_nothing_makes_no_draft() {
    let mut state = state();
    state.apply(Action::Edited { file: 0, text: "1".into(), draft: "new".into() });
    assert_eq!(state.origin, Origin::Empty);
    assert_eq!(state.edits, 0);
}

#[test]
fn a_restart_keeps_the_text_and_answers_open_questions() {
    let mut state = state();
    state.apply(Action::Asked { id: 9, actor: None, source: "(+ 1 2)".into() });
    state.apply(Action::EngineRestarted("it did not answer Stop".into()));
    assert_eq!(state.files[0].text, "1");
    assert_eq!(state.repl[0].answer, Some(Err("the engine was restarted".into())));
    assert_eq!(state.notices.len(), 1);
    assert_eq!(state.status, RunStatus::Stopped);
}

#[test]
fn a_new_run_forgets_output_problems_and_selection() {
    let mut state = state();
    state.apply(Action::Events(vec![Event::Output { actor: ActorNumber(1), text: "x".into() }]));
    state.apply(Action::Select(Some(ActorNumber(1))));
    state.apply(Action::Loaded);
    assert!(state.output.is_empty() && state.problems.is_empty());
    assert_eq!(state.selected, None);
}

#[test]
fn the_main_actor_is_selected_when_the_first_picture_arrives() {
    let mut state = state();
    let mut snapshot = empty_snapshot();
    snapshot.actors_total = 2;
    state.apply(Action::Snapshot(Rc::new(snapshot.clone())));
    assert_eq!(state.selected, Some(ActorNumber(1)));
    state.apply(Action::Select(None));
    state.apply(Action::Snapshot(Rc::new(snapshot)));
    assert_eq!(state.selected, None, "letting go stays");
}

#[test]
fn sorting_by_the_same_column_turns_the_order_round() {
    let mut state = state();
    state.apply(Action::Sort(ActorSort::Heap));
    assert!(state.window.descending);
    state.apply(Action::Sort(ActorSort::Heap));
    assert!(!state.window.descending);
}

#[test]
fn the_main_program_cannot_be_removed() {
    let mut state = state();
    state.apply(Action::AddFile("lib.scm".into()));
    state.apply(Action::AddFile("lib.scm".into()));
    assert_eq!(state.files.len(), 2);
    state.apply(Action::RemoveFile(0));
    assert_eq!(state.files.len(), 2);
    state.apply(Action::RemoveFile(1));
    assert_eq!((state.files.len(), state.file), (1, 0));
}

#[test]
fn an_engine_of_another_release_is_reported() {
    let mut state = state();
    let ready = Event::Ready {
        version: protocol::VERSION + 1,
        variant: Variant::Threads,
        cores: 2,
        memory_bytes_max: 1,
        collectors: Vec::new(),
    };
    state.apply(Action::Events(vec![ready]));
    assert_eq!(state.notices[0].kind, NoticeKind::Error);
}

#[test]
fn a_problem_among_output_leaves_the_output_in_sight() {
    let mut state = state();
    let problem = Problem {
        severity: Severity::Error,
        message: "no".into(),
        location: None,
        suggestion: None,
        actor: None,
        trace: Vec::new(),
        context: None,
    };
    let output = Event::Output { actor: ActorNumber(1), text: "x".into() };
    let ended = Event::Status(RunStatus::Ended { result: Err("no".into()) });
    state.apply(Action::Events(vec![
        Event::Status(RunStatus::Running),
        output,
        Event::Problem(problem),
        ended,
    ]));
    assert_eq!(state.drawer, Drawer::Output);
}

#[test]
fn problems_are_bounded_and_the_rest_is_counted() {
    let mut state = state();
    let problem = Problem {
        severity: Severity::Error,
        message: "no".into(),
        location: None,
        suggestion: None,
        actor: None,
        trace: Vec::new(),
        context: None,
    };
    state.apply(Action::Events(vec![Event::Problem(problem); PROBLEMS_MAX + 5]));
    assert_eq!((state.problems.len(), state.problems_more), (PROBLEMS_MAX, 5));
    assert_eq!(state.drawer, Drawer::Problems);
}

#[test]
fn snapshots_of_heaps_belong_to_their_run_and_are_bounded() {
    let mut state = state();
    let taken = |snapshot: u32| Ok(Rc::new(HeapSummary { snapshot, ..HeapSummary::default() }));
    for number in 0..HEAP_SNAPSHOTS_MAX as u32 + 3 {
        state.apply(Action::HeapTaken(taken(number)));
    }
    assert_eq!(state.heap_snapshots.len(), HEAP_SNAPSHOTS_MAX);
    assert_eq!(state.heap_snapshots[0].snapshot, HEAP_SNAPSHOTS_MAX as u32 + 2, "the newest first");
    state.apply(Action::HeapTaken(Err("no".into())));
    assert_eq!(state.heap_snapshot_failed.as_deref(), Some("no"));
    state.apply(Action::HeapTaken(taken(99)));
    assert_eq!(state.heap_snapshot_failed, None);
    state.apply(Action::Loaded);
    assert!(state.heap_snapshots.is_empty());
}
