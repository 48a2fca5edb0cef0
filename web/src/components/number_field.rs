//! A labelled number that can be typed while the page changes around it.
//!
//! 1. What is typed stays until it is committed (Enter, or focus goes elsewhere), however often the page renders meanwhile.
//! 2. What is no number is taken back.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct NumberFieldProps {
    pub name: &'static str,
    pub value: u64,
    #[prop_or_default]
    pub least: u64,
    #[prop_or(u64::MAX)]
    pub most: u64,
    /// Told a number between `least` and `most` when one is committed.
    pub onnumber: Callback<u64>,
    /// What the number is about.
    pub children: Html,
}

/// A number with its name and what it is about.
#[component]
pub fn NumberField(props: &NumberFieldProps) -> Html {
    let typed = use_state_eq(|| None::<String>);
    let (least, most) = (props.least, props.most);
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |event: InputEvent| {
            typed.set(event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()));
        })
    };
    let onchange = {
        let (typed, onnumber) = (typed.setter(), props.onnumber.clone());
        Callback::from(move |event: Event| {
            typed.set(None);
            let number = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value_as_number());
            if let Some(number) = number.filter(|number| number.is_finite()) {
                onnumber.emit((number.max(0.0) as u64).clamp(least, most));
            }
        })
    };
    let onblur = {
        let typed = typed.setter();
        Callback::from(move |_: FocusEvent| typed.set(None))
    };
    html! {
        <label class="settings__field">
            <span>{ props.name }</span>
            <input
                type="number"
                min={least.to_string()}
                max={(most < u64::MAX).then(|| most.to_string())}
                value={(*typed).clone().unwrap_or_else(|| props.value.to_string())}
                {oninput}
                {onchange}
                {onblur}
            />
            <span class="settings__about">{ props.children.clone() }</span>
        </label>
    }
}
