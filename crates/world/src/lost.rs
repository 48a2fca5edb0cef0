//! Actors that nobody can reach any more.
//!
//! An actor is *lost* if it lives, was never sent anything, has no registered name, is not the main one, and if no other live
//! actor can name it: nothing that its roots reach and no message that waits for it holds a reference. Whatever such an
//! actor waits for, nobody in the program can send it.

use arena::WordSet;

use protocol::{ActorNumber, LostActor};
use scheduler::Unavailable;

use crate::run::Run;

impl Run {
    /// The actors that are lost, by number. Changes nothing. O(words of all heaps).
    ///
    /// # Errors
    /// That the program has to stand still for that, or that messages are on their way.
    #[optimize(size)]
    pub fn lost_actors(&self) -> Result<Vec<LostActor>, String> {
        let mut live = Vec::new();
        self.scheduler.for_each_actor(|view| live.push((view.address, view.number, view.mailbox_messages)));
        live.sort_unstable_by_key(|(_, number, _)| *number);
        let mut known: WordSet<u128> = self.scheduler.names().iter().map(|(_, owner)| owner.id.0).collect();
        known.extend(self.main().map(|main| main.id.0));
        let mut silent = Vec::new();
        for (address, number, messages) in live {
            let me = address.id.0;
            let looked = self.scheduler.with_actor(address, |actor| {
                let mailbox = actor.machine.mailbox();
                if messages as usize > mailbox.len() {
                    return Err("messages are on their way that their actor has not seen yet; let the program go on for a moment and ask again");
                }
                let mut name = |other| {
                    if other != me {
                        known.insert(other);
                    }
                };
                actor.machine.each_actor_known(&mut name).map_err(|_| "a heap has too many objects to be looked at")?;
                Ok((mailbox.received() == 0).then(|| actor.label()))
            });
            match looked {
                Ok(Ok(Some(label))) => silent.push((me, LostActor { actor: ActorNumber(number), label })),
                Ok(Ok(None)) | Err(Unavailable::Ended) => {}
                Ok(Err(text)) => return Err(text.to_string()),
                Err(Unavailable::Running) => {
                    return Err("actors are running; pause the program first".to_string());
                }
            }
        }
        Ok(silent.into_iter().filter(|(id, _)| !known.contains(id)).map(|(_, lost)| lost).collect())
    }
}
