# Read by the `flask` command alone; gunicorn serves wsgi:app.
FLASK_APP=survey_app.cli.entry:create
