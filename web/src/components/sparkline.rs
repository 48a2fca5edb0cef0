//! A small line of a number over time.

use yew::prelude::*;

/// Properties of [`Sparkline`].
#[derive(Properties, PartialEq)]
pub struct SparklineProps {
    /// Values, oldest first.
    pub values: Vec<f64>,
    /// What they are, in words.
    pub label: AttrValue,
}

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 36.0;

/// The line, scaled to its largest value.
#[component]
pub fn Sparkline(props: &SparklineProps) -> Html {
    let path = path(&props.values);
    html! {
        <svg
            class="sparkline"
            viewBox={format!("0 0 {WIDTH} {HEIGHT}")}
            preserveAspectRatio="none"
            role="img"
            aria-label={props.label.clone()}
        >
            <path class="sparkline__line" d={path} />
        </svg>
    }
}

fn path(values: &[f64]) -> String {
    let most = values.iter().copied().fold(1.0, f64::max);
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 * step;
        let y = HEIGHT - 2.0 - (HEIGHT - 4.0) * value / most;
        path.push_str(&format!("{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" }));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn the_largest_value_is_at_the_top() {
        assert_eq!(path(&[0.0, 4.0]), "M0.0 34.0L240.0 2.0");
        assert_eq!(path(&[]), "");
    }
}
