//! What to ask the engine to show: exactly what is in sight.

use protocol::{ActorSort, ActorWindow, Observation};

use crate::state::State;
use crate::view::{Drawer, Pane, Tab};

/// Milliseconds between pictures while the page is in sight.
const INTERVAL_MS: u32 = 100;
/// Fullest mailboxes that the mailbox view lists.
pub const FULLEST: u32 = 8;

/// What the page can show at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The page is in the foreground.
    pub visible: bool,
    /// One pane at a time.
    pub phone: bool,
}

/// The observation for what is in sight.
pub fn observation(state: &State, sight: Sight) -> Observation {
    let still = !state.is_running();
    let views = !sight.phone || state.pane == Pane::Watch;
    let tab = views.then_some(state.tab);
    let actors = match tab {
        Some(Tab::Mailbox) => {
            Some(ActorWindow { sort: ActorSort::Mailbox, descending: true, first: 0, count: FULLEST })
        }
        _ => Some(state.window),
    };
    Observation {
        interval_ms: if sight.visible { INTERVAL_MS } else { 0 },
        selected: state.selected,
        actors,
        heap: tab == Some(Tab::Heap),
        mailbox: tab == Some(Tab::Mailbox),
        frames: still || tab == Some(Tab::Debugger),
        bytecode: tab == Some(Tab::Bytecode),
        cores: !sight.phone || (state.pane == Pane::Output && state.drawer == Drawer::Output) || views,
        collections: true,
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ActorNumber, RunStatus, Settings, Speed};

    use super::*;
    use crate::state::{Action, Opened, Origin};
    use crate::view::Theme;

    const DESK: Sight = Sight { visible: true, phone: false };

    fn state() -> State {
        let opened = Opened {
            origin: Origin::Empty,
            files: Vec::new(),
            settings: Settings::default(),
            speed: Speed::Full,
            breakpoints: Vec::new(),
        };
        State::new(opened, Theme::System, Vec::new())
    }

    #[test]
    fn only_the_open_view_is_asked_for() {
        let mut state = state();
        state.apply(Action::Select(Some(ActorNumber(4))));
        state.status = RunStatus::Running;
        state.apply(Action::ShowTab(Tab::Heap));
        let wanted = observation(&state, DESK);
        assert!(wanted.heap && !wanted.mailbox && !wanted.bytecode && !wanted.frames);
        assert_eq!(wanted.selected, Some(ActorNumber(4)));
    }

    #[test]
    fn frames_are_asked_for_whenever_nothing_moves() {
        let mut state = state();
        assert!(observation(&state, DESK).frames);
        state.status = RunStatus::Running;
        assert!(!observation(&state, DESK).frames);
        state.apply(Action::ShowTab(Tab::Debugger));
        assert!(observation(&state, DESK).frames);
    }

    #[test]
    fn a_page_in_the_background_asks_for_no_pictures() {
        assert_eq!(observation(&state(), Sight { visible: false, phone: false }).interval_ms, 0);
    }

    #[test]
    fn a_phone_that_shows_code_asks_for_no_heap() {
        let mut state = state();
        state.apply(Action::ShowTab(Tab::Heap));
        assert!(!observation(&state, Sight { visible: true, phone: true }).heap);
        state.apply(Action::ShowPane(Pane::Watch));
        assert!(observation(&state, Sight { visible: true, phone: true }).heap);
    }
}
