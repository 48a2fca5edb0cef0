//! Taking what has arrived: the one place where an actor's inbox, links, monitors and exit signals act on it.
//!
//! The table of exits is Erlang's:
//!
//! | signal | linked or asked | trapping | effect |
//! |---|---|---|---|
//! | kill | asked | either | ends, reason `killed` |
//! | exit, normal | by another | no | nothing |
//! | exit, normal | by itself | no | ends |
//! | exit, not normal | either | no | ends with that reason |
//! | exit, any | either | yes | delivered as a message |
//! | exit through a link that is not there (any more) | | either | nothing |

use crate::actor::Arrivals;
use crate::record::Load;
use crate::{Actor, Body, Cause, Context, Delivery, Drained, Envelope, ExitKind};

impl<A: Actor> Context<'_, A> {
    /// Takes everything that has arrived since the last drain, lets it act, and appends what is for the actor itself
    /// to `deliveries`, in order of arrival.
    ///
    /// `admit` sees what was taken before it acts. It may hold envelopes back (and put them in at a later drain), or
    /// change their order: this is where a run is recorded and replayed.
    pub fn drain(
        &mut self,
        admit: impl FnOnce(&mut Arrivals<A>),
        deliveries: &mut Vec<Delivery<A>>,
    ) -> Drained<A::Reason> {
        self.record.see_arrivals();
        let mut arrived = std::mem::take(&mut self.station.local.arrived);
        let mut chain = self.record.inbox.take();
        let exchange = &self.station.scheduler.exchange;
        while let Some(letter) = chain.next(&mut self.station.local.nodes, exchange) {
            if letter.generation == self.kin.address.generation {
                arrived.push_back(letter.envelope);
            } else {
                self.refuse_stale(letter.envelope);
            }
        }
        admit(&mut arrived);
        let before = deliveries.len();
        let mut end = None;
        for envelope in arrived.drain(..) {
            match end {
                None => end = self.accept(envelope, deliveries),
                Some(_) => self.refuse_stale(envelope),
            }
        }
        self.station.local.arrived = arrived;
        match end {
            Some(reason) => Drained::Exit(reason),
            None => Drained::Delivered(deliveries.len() - before),
        }
    }

    /// An envelope meant for this slot's former actor, or for this one after its end was decided.
    #[cold]
    fn refuse_stale(&mut self, envelope: Envelope<A>) {
        if let Body::Message(message) = &envelope.body {
            self.record.subtract_load(Load::of_message(A::message_bytes(message)));
        }
        self.station.refuse(envelope);
    }

    /// Lets one envelope act. Some: the actor ends.
    #[inline]
    fn accept(&mut self, envelope: Envelope<A>, deliveries: &mut Vec<Delivery<A>>) -> Option<A::Reason> {
        let Envelope { sender, sender_number, sequence, body } = envelope;
        match body {
            Body::Message(message) => {
                let bytes = A::message_bytes(&message);
                self.kin.unconsumed.add(Load::of_message(bytes));
                deliveries.push(Delivery::Message { sender, sender_number, sequence, bytes, message });
                None
            }
            signal => self.accept_signal(signal, deliveries),
        }
    }

    fn accept_signal(&mut self, signal: Body<A>, deliveries: &mut Vec<Delivery<A>>) -> Option<A::Reason> {
        match signal {
            Body::Message(_) => unreachable!("messages are no signals"),
            Body::Exit { from, reason, kind } => {
                let own = from == self.kin.address;
                if kind == ExitKind::Kill {
                    return Some(A::reason(Cause::Killed));
                }
                if kind == ExitKind::Link {
                    // Unlinked, or linked anew to somebody else: no link, no exit.
                    self.kin.ties_if_any()?.links.remove(&from.id)?;
                }
                if self.kin.trap_exit {
                    deliveries.push(Delivery::Exit { from, reason });
                } else if !A::is_normal(&reason) || (own && kind == ExitKind::Request) {
                    return Some(reason);
                }
            }
            Body::Down { monitor, from, reason } => {
                self.kin.ties_if_any()?.watching.remove(&monitor)?;
                deliveries.push(Delivery::Down { monitor, from, reason });
            }
            Body::Link { from, .. } => {
                self.kin.ties().links.insert(from.id, from);
            }
            Body::Unlink { from } => {
                self.kin.ties_if_any()?.links.remove(&from.id);
            }
            Body::Monitor { from, monitor, .. } => {
                self.kin.ties().watchers.insert(monitor, from);
            }
            Body::Demonitor { monitor } => {
                self.kin.ties_if_any()?.watchers.remove(&monitor);
            }
            Body::Timeout { token } => {
                let timers = &mut self.kin.ties_if_any()?.timers;
                // Cancelled after it was due: the actor does not hear of it.
                let position = timers.iter().position(|timer| timer.token == token)?;
                timers.swap_remove(position);
                deliveries.push(Delivery::Timeout { token });
            }
        }
        None
    }
}
