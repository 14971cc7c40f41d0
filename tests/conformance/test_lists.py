"""Lists of repositories, as the clients ask for them."""


def test_lists_are_filtered_sorted_and_come_in_pages(connection):
    prefix = f"ada/found-{connection.client.version}"
    names = [f"{prefix}-{number}" for number in range(4)]

    said = connection.run("listing", prefix=prefix, many=len(names), paged="")

    assert said["all"] == names
    assert said["newest"] == names[::-1]
    assert set(said["changed"]) == set(names)
    assert said["limited"] == 3
    assert said["odd"] == said["greek"] == names[1::2]
    assert said["none"] == said["models"] == []
    assert said["full"][0] in names
    assert said["full"][1:] == [False, True, True]
