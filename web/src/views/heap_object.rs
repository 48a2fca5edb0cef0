//! The card of one object of the heap: what it is, what keeps it alive, what it refers to and what refers to it.
//!
//! 1. Objects are looked up in a snapshot that the engine takes and the analyst looks into. If the heap has changed since the picture that was clicked,
//!    what lies at that place now may be something else; then the card says so instead of showing it.

use std::cell::RefCell;
use std::rc::Rc;

use protocol::{HeapObject, HeapObjectName, HeapReference};
use yew::prelude::*;

use super::heap_sites::line;
use crate::format;
use crate::hooks::{World, use_media, use_world};
use crate::picture::{Shot, Spot};

/// What is known of the object that was asked about.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Card {
    /// Nothing was asked.
    #[default]
    Empty,
    /// No answer yet.
    Waiting,
    /// The object.
    Object(Rc<HeapObject>),
    /// Why there is none.
    Failed(String),
}

/// A picture and the snapshot that was taken when it was the newest: epoch, sequence, snapshot.
type Taken = Option<(u32, u32, u32)>;

/// Asks about objects.
#[derive(Clone)]
pub struct Asking {
    card: UseStateHandle<Card>,
    taken: Rc<RefCell<Taken>>,
}

/// The card, and how to fill it.
#[hook]
pub fn use_asking() -> Asking {
    Asking { card: use_state(Card::default), taken: use_mut_ref(Taken::default) }
}

const MOVED: &str =
    "The heap has moved on since its picture was made. Pause the program, then choose the object again.";

impl Asking {
    /// What is known.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Closes the card.
    pub fn close(&self) {
        self.card.set(Card::Empty);
    }

    /// Asks about the object at a spot of a picture.
    pub fn ask(&self, world: &World, shot: &Shot, spot: Spot) {
        let Some(place) = shot.place(&spot).filter(|_| !spot.cell.is_free()) else {
            return self.card.set(Card::Failed(free_text(&spot)));
        };
        self.card.set(Card::Waiting);
        let name = HeapObjectName::Place(place);
        let expected = Some((spot.cell.name(), u64::from(spot.words)));
        let (epoch, sequence) = (shot.head.epoch, shot.head.sequence);
        if let Some((_, _, snapshot)) =
            self.taken.borrow().filter(|taken| (taken.0, taken.1) == (epoch, sequence))
        {
            return look_up(world, self.card.setter(), snapshot, name, expected);
        }
        let (asker, setter, taken) = (world.clone(), self.card.setter(), Rc::clone(&self.taken));
        world.engine.take_heap(shot.head.actor, move |answer| match answer {
            Ok(summary) => {
                *taken.borrow_mut() = Some((epoch, sequence, summary.snapshot));
                look_up(&asker, setter, summary.snapshot, name, expected);
            }
            Err(text) => setter.set(Card::Failed(text)),
        });
    }

    /// Asks about another object of the same snapshot.
    fn follow(&self, world: &World, snapshot: u32, object: u32) {
        look_up(world, self.card.setter(), snapshot, HeapObjectName::Number(object), None);
    }
}

fn look_up(
    world: &World,
    setter: UseStateSetter<Card>,
    snapshot: u32,
    object: HeapObjectName,
    expected: Option<(&'static str, u64)>,
) {
    world.engine.analyst().object(snapshot, object, move |answer| {
        setter.set(match answer {
            Ok(object) => {
                let is_it = expected.is_none_or(|(name, words)| {
                    (object.row.type_name.as_str(), object.row.words) == (name, words)
                });
                if is_it { Card::Object(Rc::from(object)) } else { Card::Failed(MOVED.to_owned()) }
            }
            Err(text) => Card::Failed(text),
        });
    });
}

fn free_text(spot: &Spot) -> String {
    format!("Free: {} that the next objects may take.", format::words(u64::from(spot.words)))
}

/// Properties of [`ObjectCard`].
#[derive(Properties, PartialEq)]
pub struct ObjectCardProps {
    /// What to show.
    pub card: Card,
    /// An object of the snapshot was chosen: snapshot, object.
    pub onfollow: Callback<(u32, u32)>,
    /// The card is to go.
    pub onclose: Callback<()>,
}

/// The card.
#[component]
pub fn ObjectCard(props: &ObjectCardProps) -> Html {
    let world = use_world();
    let section = use_node_ref();
    let phone = use_media("(max-width: 760px)");
    let shown = section.clone();
    use_effect_with(props.card.clone(), move |_| {
        // On a phone the card is below what was tapped.
        if let Some(section) = shown.cast::<web_sys::Element>().filter(|_| phone) {
            section.scroll_into_view_with_bool(false);
        }
    });
    let onclose = props.onclose.reform(|_: MouseEvent| ());
    let body = match &props.card {
        Card::Empty => return html! {},
        Card::Waiting => html! { <p class="quiet">{ "Looking at the heap …" }</p> },
        Card::Failed(text) => html! { <p>{ text }</p> },
        Card::Object(object) => facts(&world, object, &props.onfollow),
    };
    html! {
        <section ref={section} class="object" data-testid="heap-object" aria-label="Object" aria-live="polite">
            <div class="object__head">
                <h3 class="object__title">{ "Object" }</h3>
                <button class="control" onclick={onclose} title="Close the card">{ "Close" }</button>
            </div>
            { body }
        </section>
    }
}

fn facts(world: &World, object: &HeapObject, onfollow: &Callback<(u32, u32)>) -> Html {
    let row = &object.row;
    let fact = |name: &'static str, value: String| html! { <><dt>{ name }</dt><dd>{ value }</dd></> };
    let held = if object.held_by.is_empty() { String::new() } else { object.held_by.join(", ") };
    html! {
        <>
            <p class="object__text"><code>{ &row.text }</code></p>
            <dl class="object__facts">
                { fact("Type", row.type_name.clone()) }
                { fact("Size", format!("{} ({} words)", format::words(row.words), format::grouped(row.words))) }
                { fact("Keeps alive", format!("{} with itself", format::words(row.retained_words))) }
                { fact("Age", age(usize::from(object.age)).to_owned()) }
                if let Some(place) = &object.place {
                    { fact("Place", format!("{}, chunk {}, byte {}", protocol::HEAP_SPACES[usize::from(place.space).min(protocol::HEAP_SPACES.len() - 1)], place.chunk, format::grouped(u64::from(place.word) * 8))) }
                }
                if let Some(site) = &object.site {
                    <dt>{ "Made at" }</dt><dd data-testid="heap-object-site">{ line(world, site) }</dd>
                }
                if !held.is_empty() { { fact("Held by", held) } }
            </dl>
            { path(object, onfollow) }
            { references("Refers to", "Refers to nothing on the heap.", &object.outgoing, object.outgoing_total, object.snapshot, onfollow) }
            { references("Referred to by", "No object refers to it.", &object.incoming, object.incoming_total, object.snapshot, onfollow) }
        </>
    }
}

/// An age in words.
pub fn age(age: usize) -> &'static str {
    ["no collection yet", "1 collection", "2 collections", "3 collections or more"][age.min(3)]
}

fn path(object: &HeapObject, onfollow: &Callback<(u32, u32)>) -> Html {
    let Some(path) = &object.path else {
        return html! { <p class="object__garbage">{ "Nothing reaches it: the next full collection takes it." }</p> };
    };
    let half = path.steps.len().div_ceil(2);
    let step = |reference: &HeapReference| one(reference, object.snapshot, onfollow);
    html! {
        <>
            <h4 class="object__subtitle">{ "Path from a root" }</h4>
            <ol class="object__list object__list--path" data-testid="heap-path">
                <li>{ &path.root }</li>
                if path.left_out > 0 {
                    { for path.steps[..half].iter().map(step) }
                    <li class="quiet">{ format!("… {} more …", format::grouped(path.left_out)) }</li>
                    { for path.steps[half..].iter().map(step) }
                } else {
                    { for path.steps.iter().map(step) }
                }
            </ol>
        </>
    }
}

fn references(
    title: &'static str,
    none: &'static str,
    rows: &[HeapReference],
    total: u64,
    snapshot: u32,
    onfollow: &Callback<(u32, u32)>,
) -> Html {
    let more = total.saturating_sub(rows.len() as u64);
    html! {
        <>
            <h4 class="object__subtitle">{ title }{ if total > 0 { format!(" ({})", format::grouped(total)) } else { String::new() } }</h4>
            if total == 0 {
                <p class="quiet">{ none }</p>
            } else {
                <ul class="object__list">
                    { for rows.iter().map(|reference| one(reference, snapshot, onfollow)) }
                </ul>
            }
            if more > 0 { <p class="more">{ format!("{} more", format::grouped(more)) }</p> }
        </>
    }
}

/// An object at the other end of a reference; a click shows its card.
fn one(reference: &HeapReference, snapshot: u32, onfollow: &Callback<(u32, u32)>) -> Html {
    let object = reference.object.object;
    let onclick = onfollow.reform(move |_: MouseEvent| (snapshot, object));
    html! {
        <li class="object__reference">
            if !reference.field.is_empty() { <span class="quiet">{ &reference.field }{ " " }</span> }
            <button class="object__link" {onclick} title={format!("{}, keeps {} alive", reference.object.type_name, format::words(reference.object.retained_words))}>
                <code>{ &reference.object.text }</code>
            </button>
        </li>
    }
}

/// The card of the chosen object, wired to the engine.
#[component]
pub fn Chosen(props: &ChosenProps) -> Html {
    let world = use_world();
    let asking = props.asking.clone();
    let onfollow = {
        let asking = asking.clone();
        Callback::from(move |(snapshot, object)| asking.follow(&world, snapshot, object))
    };
    let onclose = props.onclose.clone();
    html! { <ObjectCard card={asking.card().clone()} {onfollow} {onclose} /> }
}

/// Properties of [`Chosen`].
#[derive(Properties, PartialEq)]
pub struct ChosenProps {
    /// The card.
    pub asking: Asking,
    /// The card is to go.
    pub onclose: Callback<()>,
}

impl PartialEq for Asking {
    fn eq(&self, other: &Self) -> bool {
        *self.card == *other.card
    }
}
