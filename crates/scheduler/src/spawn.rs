//! Making actors.

use std::sync::atomic::Ordering;

use crate::end::Kin;
use crate::record::{Entry, Resident};
use crate::station::Station;
use crate::statistics::bump;
use crate::{Actor, ActorId, Address, Band, SpawnError};

impl<A: Actor> Station<'_, A> {
    /// Makes an actor and queues it. `prepare` sees its kin before anybody else can.
    pub(crate) fn spawn(
        &mut self,
        id: ActorId,
        actor: A,
        band: Band,
        prepare: impl FnOnce(&mut Kin),
    ) -> Result<Address, (A, SpawnError)> {
        let scheduler = self.scheduler;
        let limit = scheduler.limits.actors_max;
        if scheduler.alive.fetch_add(1, Ordering::Relaxed) >= limit {
            scheduler.alive.fetch_sub(1, Ordering::Relaxed);
            return Err((actor, SpawnError::TooManyActors { limit }));
        }
        let slot = scheduler.table.take(&mut self.local.slots);
        let record = scheduler.table.get(slot).expect("a slot that was handed out has a record");
        let generation = record.generation();
        let address = Address { id, slot, generation };
        let number = scheduler.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let mut kin = Kin::new(address, number);
        prepare(&mut kin);
        record.move_in(Resident { actor, kin }, band);
        bump(&self.seat.counters.spawned, 1);
        bump(&self.seat.counters.made_ready, 1);
        self.enqueue(Entry { slot, generation }, band);
        Ok(address)
    }
}
