from django.urls import path

from marketplace.community.api import searches, threads

THREADS = "contests/<slug:slug>/discussions"
THREAD = f"{THREADS}/<uuid:thread_id>"

urlpatterns = [
    path("searches", searches.SavedSearches.as_view()),
    path("searches/<uuid:search_id>", searches.OneSavedSearch.as_view()),
    path(THREADS, threads.ContestThreads.as_view()),
    path(f"{THREADS}/watch", threads.ContestWatch.as_view()),
    path(THREAD, threads.ContestThread.as_view()),
    path(f"{THREAD}/watch", threads.ThreadWatch.as_view()),
    path(f"{THREAD}/posts", threads.ThreadPosts.as_view()),
    path(f"{THREAD}/posts/<uuid:post_id>", threads.ThreadPost.as_view()),
    path(f"{THREAD}/posts/<uuid:post_id>/hide", threads.ThreadPostHide.as_view()),
]
