//! Images of heaps: what is taken of an actor for others to analyse.

use scheduler::Unavailable;

use crate::run::Run;

/// Most words of one heap whose image an engine takes for its page.
pub const SNAPSHOT_WORDS_MAX: usize = 1 << 23;

impl Run {
    /// The image of a live actor's heap as bytes: that of the main actor if it rests, or of any that does not run.
    ///
    /// # Errors
    /// That there is no such actor, that it runs, or why there is no image.
    pub fn heap_image(&self, number: u32) -> Result<Vec<u8>, String> {
        let gone = || format!("there is no live actor {number}");
        let address = self.actor(number).ok_or_else(gone)?;
        let image = self
            .scheduler
            .with_actor(address, |performer| performer.heap_image(&self.stage.linker(), number, usize::MAX));
        match image {
            Ok(image) => image.map(|(image, _)| image.write()).map_err(|error| error.to_string()),
            Err(Unavailable::Ended) => Err(gone()),
            Err(Unavailable::Running) => Err(format!("actor {number} is running; pause the program first")),
        }
    }

    /// Figures of the memoized procedures that global variables of a live actor hold; none of one that runs.
    pub fn memoized(&self, number: u32) -> Vec<vm::MemoStatistics> {
        let Some(address) = self.actor(number) else { return Vec::new() };
        let linker = self.stage.linker();
        let looked = self.scheduler.with_actor(address, |performer| performer.machine.memoized(&linker));
        looked.unwrap_or_default()
    }
}
