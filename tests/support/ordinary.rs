//! Ordinary lines of scripts, for measurements by size.

/// Returns this many bytes of ordinary lines, or a few more.
pub fn ordinary_lines(size: usize) -> String {
    let mut text = String::with_capacity(size + 200);
    for at in 0.. {
        if text.len() >= size {
            break;
        }
        text += &format!(
            "command{at} --flag=value{at} \"quoted text {at}\" file{at}.txt 'single quoted' -x {at} | grep -v 'pattern{at}' | sort -u >out{at}.log\n"
        );
    }
    text
}
