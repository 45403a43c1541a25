from anatomynet_training.progress_table import append_row, drop_rows_after


def test_rows_of_later_steps_and_what_a_kill_left_incomplete_are_dropped(tmp_path):
    table = tmp_path / "progress.csv"
    drop_rows_after(table, 5)
    for step in (3, 5, 12):
        append_row(table, {"step": step, "loss": 0.5})
    whole = table.read_text()
    drop_rows_after(table, 12)
    assert table.read_text() == whole
    # Of step 20: its first digit is a step before the fifth.
    table.write_text(whole + "2")
    drop_rows_after(table, 5)
    assert table.read_text().splitlines() == ["step,loss", "3,0.5", "5,0.5"]
    drop_rows_after(table, 2)
    assert list(tmp_path.iterdir()) == []
