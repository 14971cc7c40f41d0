"""Commits, branches, tags and squashes, as every client makes them."""


def test_a_repository_changes_as_its_client_says(connection):
    repository = f"ada/history-{connection.client.version}"

    said = connection.run("history", repository=repository)

    kept = [".gitattributes", "keep.txt", "large.bin"]
    first = [*kept[:1], "drop.txt", *kept[1:], "old/one.txt", "old/two.txt"]
    second = [*kept[:1], "copies/large.bin", *kept[1:]]
    assert said["seen"] == {
        "main": second,
        "v1": first,
        said["first"]: first,
        "feature/one": sorted([*first, "branch.txt"]),
    }
    assert said["on_branch"] == "on a branch"
    assert said["branches"].keys() == {"main", "feature/one"}
    assert said["branches"]["main"] == said["second"]
    assert said["tags"] == {"v1": said["first"]}
    assert said["titles"][:2] == ["Second", "First"]
    assert said["authors"] == ["ada"]
    assert said["stale"]["status"] == 412
    assert "updated" in said["stale"]["said"]
    assert said["tag_again"]["status"] == said["branch_again"]["status"] == 409
    assert said["default_stays"]["status"] == 403
    assert said["left"] == [["main"], []]
    assert said["absent"]["error"] == "RevisionNotFoundError"
    assert said["squashed"] == ["All in one"]
    assert said["after"] == second
    assert len(set(said["large"])) == 1
    assert len(said["lfs_files"]) == 1  # one content, named by one of its files
    assert said["lfs_files"][0] in {"copies/large.bin", "large.bin"}
