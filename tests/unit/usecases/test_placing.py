"""A release's files in parts: each file in one of them, and none larger than one function can handle."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.release import File, manifest
from chalicelib.domain.settings import Site
from chalicelib.usecases.steps.placing import PART, PART_BYTES, Placing, Spot, part, parts

GB = 1024**3
sizes = st.lists(st.sampled_from([0, GB // 3, GB, PART_BYTES]), max_size=300)


def files(sizes_of: list[int]) -> list[File]:
    """Files of these sizes, named in their order."""
    return [
        File(f"{number:04}.mp4", "a" * 64, size, "video/mp4", "no-cache")
        for number, size in enumerate(sizes_of)
    ]


@given(sizes)
def test_each_file_is_in_one_part_that_a_function_can_handle(sizes_of: list[int]) -> None:
    """In order, none empty, and none smaller than it could be."""
    everything = files(sizes_of)
    cut = [part(everything, number) for number in parts(everything)]
    assert [each for some in cut for each in some] == everything
    assert all(some and sum(each.size for each in some) <= PART_BYTES for some in cut)
    for some, after in pairwise(cut):
        assert sum(each.size for each in (*some, after[0])) > PART_BYTES


def test_small_files_are_counted() -> None:
    """A thousand are a part."""
    everything = files([1] * (2 * PART + 1))
    assert [len(part(everything, number)) for number in parts(everything)] == [PART, PART, 1]
    assert part(everything, 3) == ()


@given(sizes, sizes)
def test_each_stretch_of_names_begins_where_the_one_before_ends(new: list[int], old: list[int]) -> None:
    """The first and the last are open, so that also a file of no release is in one of them."""
    site = Site("acme", 3, "production", pointer="arn")
    made = [manifest("web", tag, files(each), 1) for tag, each in (("n", new), ("o", old))]
    placing = Placing(site, made[0], Spot("acme", "a", "n"), Spot("acme", "b", "o"), made[1])
    spans = [placing.span(number) for number in parts(placing.shared)]
    if spans:
        assert (spans[0][0], spans[-1][1]) == ("", "")
        assert [until for _, until in spans[:-1]] == [after for after, _ in spans[1:]]
    assert [each for number in parts(placing.shared) for each in placing.within(number)] == list(
        placing.new.files
    )
