import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models

from marketplace.kit.tables import ChangeTables

FILL = """
UPDATE catalog_repository AS r SET formats = found.formats
FROM (
    SELECT e.repository_id, array_agg(DISTINCT k.format ORDER BY k.format) AS formats
    FROM catalog_treeentry AS e
    JOIN catalog_ref AS f ON f.repository_id = e.repository_id AND f.name = 'main'
        AND f.line = e.line
    JOIN (VALUES
        ('csv', '[.]csv([.]gz)?$'), ('tsv', '[.]tsv([.]gz)?$'),
        ('parquet', '[.]parquet$'), ('arrow', '[.](arrow|feather)$'),
        ('json', '[.]json$'), ('jsonl', '[.](jsonl|ndjson|jsonl[.]gz)$'),
        ('excel', '[.](xlsx|xls|ods)$'), ('arff', '[.]arff$'),
        ('sqlite', '[.](sqlite|sqlite3|db)$'), ('text', '[.]txt$'), ('pdf', '[.]pdf$'),
        ('image', '[.](png|jpg|jpeg|gif|webp|bmp|tif|tiff)$'),
        ('audio', '[.](wav|mp3|flac|ogg|m4a)$'), ('video', '[.](mp4|mkv|webm|avi)$'),
        ('numpy', '[.](npy|npz)$'), ('hdf5', '[.](h5|hdf5)$'),
        ('tar', '[.](tar|tar[.]gz|tgz)$'), ('zip', '[.]zip$'),
        ('notebook', '[.]ipynb$'), ('safetensors', '[.]safetensors$'),
        ('onnx', '[.]onnx$'), ('gguf', '[.]gguf$'), ('skops', '[.]skops$'),
        ('torch', '[.](pt|pth|pt2)$'), ('keras', '[.](keras|tflite)$')
    ) AS k (format, ending) ON lower(e.name) ~ k.ending
    WHERE e.kind = 'FILE' AND e.until IS NULL
    GROUP BY e.repository_id
) AS found
WHERE found.repository_id = r.id;

UPDATE catalog_listing AS l SET
    size_bytes = r.size_bytes,
    listed_at = w.first_listed_at,
    facets = l.facets || ARRAY(SELECT 'format:' || unnest(r.formats))::varchar(120)[]
FROM catalog_repository AS r, licensing_work AS w
WHERE r.id = l.repository_id AND w.id = l.work_id;
"""
FORGET = """
UPDATE catalog_listing SET facets = ARRAY(
    SELECT each FROM unnest(facets) AS each WHERE each NOT LIKE 'format:%'
)::varchar(120)[];
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_walls'),
    ]

    operations = [
        ChangeTables(
            changes=[
                migrations.CreateModel(
                    name='Word',
                    fields=[
                        ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ('trigrams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=3), size=None)),
                        ('listings', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['trigrams'], name='catalog_word_trigrams')],
                    },
                ),
                migrations.AddField(
                    model_name='repository',
                    name='formats',
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, db_default=[], default=list, size=None),
                ),
                migrations.AddField(
                    model_name='listing',
                    name='size_bytes',
                    field=models.BigIntegerField(db_default=0, default=0),
                ),
                migrations.AddField(
                    model_name='listing',
                    name='listed_at',
                    field=models.DateTimeField(blank=True, null=True),
                ),
                migrations.AddIndex(
                    model_name='listing',
                    index=models.Index(condition=models.Q(('is_public', True)), fields=['kind', 'size_bytes', 'repository'], name='catalog_listing_kind_largest'),
                ),
                migrations.AddIndex(
                    model_name='listing',
                    index=models.Index(condition=models.Q(('is_public', True)), fields=['size_bytes', 'repository'], name='catalog_listing_largest'),
                ),
                migrations.AddIndex(
                    model_name='listing',
                    index=models.Index(condition=models.Q(('is_public', True)), fields=['listed_at'], name='catalog_listing_listed'),
                ),
            ]
        ),
        migrations.RunSQL(FILL, FORGET),
    ]
