//! The collector step by step: buttons, and what each step has done.

use protocol::{ActorNumber, CollectorExtent, CollectorPhase, CollectorStep, Command, HeapAnswer, RunStatus};
use yew::prelude::*;

use crate::format;
use crate::hooks::World;

/// The last step, or why there was none.
pub type Stepped = Option<(ActorNumber, Result<CollectorStep, String>)>;

/// Buttons for the collector of an actor that stands still. `onstep` is called before each step.
pub fn buttons(
    world: &World,
    actor: ActorNumber,
    stepped: &UseStateHandle<Stepped>,
    onstep: &Callback<()>,
) -> Html {
    let status = &world.state.status;
    let can_step = !matches!(status, RunStatus::Running | RunStatus::Idle | RunStatus::Stopped);
    let button = |testid: &'static str, name: &'static str, about: &'static str, extent: CollectorExtent| {
        let (world, setter, onstep) = (world.clone(), stepped.setter(), onstep.clone());
        let onclick = Callback::from(move |_: MouseEvent| {
            onstep.emit(());
            let setter = setter.clone();
            let id = world.engine.next_id();
            let command = Command::StepCollector { id, actor, extent };
            world.engine.request_of_heap(id, &command, move |answer| match answer {
                Ok(HeapAnswer::Stepped(step)) => setter.set(Some((actor, Ok(step)))),
                Ok(_) => {}
                Err(text) => setter.set(Some((actor, Err(text)))),
            });
        });
        let title = if can_step { about } else { "Pause the program to step its collector" };
        html! { <button class="control heap__button" data-testid={testid} disabled={!can_step} {onclick} {title}>{ name }</button> }
    };
    html! {
        <>
            { button("heap-step-slice", "Next slice", "The collector does a little: it begins, marks a few objects, or sweeps one chunk", CollectorExtent::Slice) }
            { button("heap-step-phase", "Next phase", "The collector goes to the end of marking, or of sweeping", CollectorExtent::Phase) }
        </>
    }
}

/// What the last step has done to this actor's heap.
pub fn explanation(world: &World, actor: ActorNumber, stepped: &Stepped) -> Html {
    let Some((_, result)) = stepped.as_ref().filter(|(of, _)| *of == actor && !world.state.is_running())
    else {
        return html! {};
    };
    let text = match result {
        Ok(step) => explain(step),
        Err(text) => text.clone(),
    };
    html! { <p class="heap__step" data-testid="heap-step" role="status">{ text }</p> }
}

fn explain(step: &CollectorStep) -> String {
    let count = |count: u64, one: &str, many: &str| {
        format!("{} {}", format::grouped(count), if count == 1 { one } else { many })
    };
    let moved = format::words(step.moved_words);
    let marked = format::words(step.marked_words);
    let swept = format::words(step.swept_words);
    let greys = count(step.greys, "grey object", "grey objects");
    let chunks = count(step.chunks_left, "chunk", "chunks");
    if step.is_copy {
        return format!(
            "Copied: what the roots reach, {moved}, was moved to fresh chunks side by side, and the rest is gone. Such a collection has \
             no phases; policies that mark have."
        );
    }
    match (step.before, step.after) {
        (CollectorPhase::Sweeping, CollectorPhase::Idle) => {
            format!(
                "Idle: the last {swept} were swept, and the collection is over. Free blocks wait for objects; all marks are gone."
            )
        }
        (CollectorPhase::Sweeping, _) => {
            format!(
                "Sweeping: in {swept} garbage became free blocks and live objects lost their mark. To be swept: {chunks}."
            )
        }
        (CollectorPhase::Evacuating, CollectorPhase::Sweeping) => {
            format!(
                "Sweeping begins: {moved} were moved, and the chunks that were emptied are given back. What is white now is garbage. To be \
                 swept: {chunks}."
            )
        }
        (_, CollectorPhase::Sweeping) => {
            format!(
                "Sweeping begins: {marked} were marked last, and no grey is left. What is white now is garbage. To be swept: {chunks}."
            )
        }
        (CollectorPhase::Evacuating, _) => {
            format!(
                "Compacting: {moved} were moved out of a sparse chunk into holes of others, and every reference to them follows. To be \
                 emptied: {chunks}."
            )
        }
        (_, CollectorPhase::Evacuating) => {
            format!(
                "Compacting begins: {marked} were marked last, and no grey is left. Sparse chunks are emptied before the rest is swept. To \
                 be emptied: {chunks}."
            )
        }
        (CollectorPhase::Idle, _) => {
            format!(
                "Marking begins: the nursery was emptied, {moved} moved, and what roots and nursery refer to is grey: {greys}. The rest of \
                 the old space is white."
            )
        }
        (CollectorPhase::Marking, _) => {
            format!(
                "Marking: {marked} became black, for they were looked into, and what they refer to grey. To be looked into: {greys}; when \
                 there is none, white is garbage."
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_told_by_its_phase() {
        let phases = [
            CollectorPhase::Idle,
            CollectorPhase::Marking,
            CollectorPhase::Sweeping,
            CollectorPhase::Evacuating,
        ];
        let step = CollectorStep {
            before: phases[0],
            after: phases[1],
            is_copy: false,
            moved_words: 128,
            marked_words: 256,
            swept_words: 64,
            greys: 1,
            chunks_left: 3,
        };
        for (before, after, beginning, part) in [
            (0, 1, "Marking begins", "1 grey object."),
            (1, 1, "Marking:", "2.0 KiB"),
            (1, 2, "Sweeping begins", "swept: 3 chunks."),
            (2, 2, "Sweeping:", "512 B"),
            (2, 0, "Idle", "over"),
            (1, 3, "Compacting begins", "3 chunks."),
            (3, 3, "Compacting:", "1.0 KiB"),
            (3, 2, "Sweeping begins", "given back"),
        ] {
            let text = explain(&CollectorStep { before: phases[before], after: phases[after], ..step });
            assert!(text.starts_with(beginning) && text.contains(part), "{text}");
        }
        assert!(explain(&CollectorStep { is_copy: true, ..step }).starts_with("Copied"));
    }
}
