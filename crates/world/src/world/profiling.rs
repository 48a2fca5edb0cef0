//! Profiles of the loaded program.

use protocol::{ActorNumber, Event, Profile};

use super::{Loaded, World};

/// Nodes of a profile that is told to the page: more cannot be told apart on a screen.
const NODES_MAX: usize = 4_000;

impl World {
    pub(super) fn apply_profiling(&self) {
        if let Some(Loaded { run: Some(run), .. }) = &self.loaded {
            run.stage.profiler.set(self.profiling, false, (self.host.clock)());
        }
    }

    #[optimize(size)]
    pub(super) fn tell_profile(&mut self, actor: Option<ActorNumber>) {
        let profile = match &self.loaded {
            Some(Loaded { run: Some(run), .. }) => {
                let times = (run.stage.origin_ms(), (self.host.clock)());
                let linker = run.stage.linker();
                run.stage.profiler.profile(&linker, actor.map(|actor| actor.0), NODES_MAX, false, times)
            }
            _ => Profile { actor, ..Profile::default() },
        };
        self.events.push(Event::Profile(Box::new(profile)));
    }
}
